"""Random array work without a graph: any window, any layout, any place in a buffer."""

from typing import Any

import numpy as np

from isomac.compile.layout import Layout
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, Constants, Segmentation, View

#: What array work can be like; see `random_work`.
KINDS = ("dense", "planewise", "pointwise", "pointwise dense", "add", "mean", "pixel")


def random_shape(rng: np.random.Generator, lanes: int | None = None) -> ArrayShape:
    """Return a small array, with any number of channel lanes if `lanes` does not say."""
    channel_lanes = lanes or int(rng.integers(1, 7))
    return ArrayShape(
        tile_rows=int(rng.integers(1, 4)),
        tile_columns=int(rng.integers(1, 5)),
        channel_lanes=channel_lanes,
        requant_lanes=int(rng.integers(1, channel_lanes + 1)),
        banks=int(rng.choice([1, 2, 4, 8])),
    )


def random_layout(
    rng: np.random.Generator, lanes: int, height: int, width: int, most_planes: int = 3
) -> Layout:
    """Return a layout with gaps between the channels or without."""
    slots = lanes * int(rng.integers(1, most_planes + 1))
    channels = int(rng.integers(1, slots + 1))
    if rng.random() < 0.5:
        return Layout.dense(channels, height, width, lanes)
    chosen = rng.choice(slots, channels, replace=False)
    return Layout(lanes, height, width, tuple(sorted(int(slot) for slot in chosen)))


def random_work(
    rng: np.random.Generator, lanes: int, kind: str, *, size: int = 8, source: View | None = None
) -> ArrayWork:
    """Return work of this kind on `source`, or on a map of at most `size` x `size` pixels.

    Its buffers are "source", "destination" and, for an add, "second".
    """
    if source is None:
        pixels = [int(n) for n in rng.integers(1, size + 1, 2)]
        source = random_view(rng, "source", random_layout(rng, lanes, pixels[0], pixels[1]))
    height, width = source.layout.height, source.layout.width
    if kind == "add":
        window: dict[str, Any] = {"kernel": (2, 2), "dilation": (1, 0)}
        window |= {"second": random_view(rng, "second", source.layout)}
        output_size = (height, width)
    elif kind == "mean":
        window = {"kernel": (height, width), "weight_restart": True}
        output_size = (1, 1)
    elif kind.startswith("pointwise"):
        window, output_size = {"kernel": (1, 1)}, (height, width)
    else:
        window, output_size = _window(rng, (height, width))
        if kind == "pixel":
            output_size = (1, 1)
            window["output_origin"] = tuple(int(n) for n in rng.integers(0, 4, 2))
            if rng.random() < 0.5:
                # One pixel of the map, which may be its first.
                window |= {"kernel": (1, 1), "stride": (1, 1), "dilation": (1, 1)}
                window["origin"] = tuple(int(rng.integers(0, n)) for n in (height, width))
    fields = _channels(rng, source.layout, dense="dense" in kind)
    low, high = sorted(int(n) for n in rng.integers(-128, 128, 2))
    origin = window.get("output_origin", (0, 0))
    planes = fields.get("destination_plane", 0) + fields["channel_tiles"] - 1
    destination = Layout.dense(
        planes * lanes + fields["last_channels"],
        origin[0] + output_size[0],
        origin[1] + output_size[1],
        lanes,
    )
    return ArrayWork(
        source=source,
        destination=random_view(rng, "destination", destination),
        output_size=output_size,
        pad_value=int(rng.integers(-128, 128)),
        zero_point=int(rng.integers(-128, 128)),
        quant_min=low,
        quant_max=high,
        zero_point_b=int(rng.integers(-128, 128)),
        multiplier_b=int(rng.integers(0, 2**31)),
        reduce_max=kind == "planewise" and bool(rng.integers(2)),
        constants=no_constants,
        **window,
        **fields,
    )


def random_view(rng: np.random.Generator, buffer: str, layout: Layout) -> View:
    """Return a view that may lie behind other planes of its buffer."""
    return View(buffer, int(rng.integers(0, 3)), layout)


def no_constants(kernel: Segmentation) -> Constants:
    """Stand for constants that no test reads."""
    raise AssertionError("this work has no constants")


def _channels(rng: np.random.Generator, layout: Layout, *, dense: bool) -> dict[str, Any]:
    """Which channels are read and written."""
    lanes = layout.word_channels
    if not dense:
        return {
            "dense": False,
            "channel_tiles": layout.planes,
            "last_channels": layout.slots[-1] % lanes + 1,
        }
    low, high = sorted(int(n) for n in rng.integers(0, layout.channels, 2))
    first, last = layout.slots[low], layout.slots[high]
    return {
        "dense": True,
        "source_plane": first // lanes,
        "blocks": last // lanes - first // lanes + 1,
        "first_byte": first % lanes,
        "last_byte": last % lanes,
        "destination_plane": int(rng.integers(0, 3)),
        "channel_tiles": int(rng.integers(1, 4)),
        "last_channels": int(rng.integers(1, lanes + 1)),
    }


def _window(
    rng: np.random.Generator, size: tuple[int, int]
) -> tuple[dict[str, Any], tuple[int, int]]:
    """A window with any padding, and the number of its positions."""
    kernels, strides, dilations, origins, outputs = [], [], [], [], []
    for pixels in size:
        kernel, stride, dilation = (int(rng.integers(1, high)) for high in (6, 4, 4))
        extent = (kernel - 1) * dilation + 1
        before, after = (int(n) for n in rng.integers(0, extent, 2))
        before = max(before, extent - pixels - after)
        kernels.append(kernel)
        strides.append(stride)
        dilations.append(dilation)
        origins.append(-before)
        outputs.append((pixels + before + after - extent) // stride + 1)
    window = {
        "kernel": tuple(kernels),
        "stride": tuple(strides),
        "dilation": tuple(dilations),
        "origin": tuple(origins),
    }
    return window, (outputs[0], outputs[1])
