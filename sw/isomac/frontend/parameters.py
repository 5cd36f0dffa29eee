"""What must be true of the parameters of a model."""

from typing import Any

import torch
from torch import nn
from torch.export import ExportedProgram

from isomac.errors import IsomacError


def _tensors(model: nn.Module | ExportedProgram) -> dict[str, Any]:
    if isinstance(model, ExportedProgram):
        return {**model.state_dict, **model.constants}
    return model.state_dict()


def check_parameters(model: nn.Module | ExportedProgram, network: str) -> None:
    """Require all parameters and buffers to be on the CPU, finite, and float32 if they are real.

    Raises
    ------
    IsomacError
        With the name of the first that is not.
    """
    for name, value in _tensors(model).items():
        if not isinstance(value, torch.Tensor) or not (
            value.is_floating_point() or value.is_complex()
        ):
            continue
        if value.dtype != torch.float32:
            kind = str(value.dtype).removeprefix("torch.")
            raise IsomacError(f"{name!r} of {network} must be float32, not {kind}")
        if value.device.type != "cpu":
            raise IsomacError(f"{name!r} of {network} must be on the CPU, not on {value.device}")
        finite = torch.isfinite(value)
        if not bool(finite.all()):
            index = tuple(int(i) for i in torch.nonzero(~finite)[0])
            raise IsomacError(
                f"{name!r} of {network} must be finite, but {list(index)} is {float(value[index])}"
            )
