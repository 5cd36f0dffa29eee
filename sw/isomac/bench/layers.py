"""Layers that the networks of the suite share."""

from torch import nn


def conv(
    inputs: int,
    outputs: int,
    kernel: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    *,
    padding: int | tuple[int, int] | None = None,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
    bias: bool = False,
    relu: bool = True,
) -> nn.Sequential:
    """Return a convolution with batch normalization, and ReLU unless it is not wanted.

    The padding is (kernel - 1) * dilation // 2 by default: with an odd kernel and stride 1 the map
    keeps its size. With stride 2 on a map of even size that pads at the top and the left only,
    where TensorFlow's SAME pads at the bottom and the right only: the same layer, mirrored.
    """
    kernels, dilations = _pair(kernel), _pair(dilation)
    same = tuple((k - 1) * d // 2 for k, d in zip(kernels, dilations, strict=True))
    convolution = nn.Conv2d(
        inputs,
        outputs,
        kernels,
        stride,
        padding=(same[0], same[1]) if padding is None else padding,
        dilation=dilations,
        groups=groups,
        bias=bias,
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), *([nn.ReLU()] if relu else []))


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value
