"""What a geometry chooses: shared sums, strides, the length of the window."""

from typing import Any

import pytest

from isomac.compile.geometry import Geometry, lane_stride, window_columns
from isomac.compile.layout import Layout
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, View
from tests.sw.compile.works import no_constants


def mean(pixels: tuple[int, int], **changes: Any) -> ArrayWork:
    """Return the sum over a map of one plane of two channels."""
    fields: dict[str, Any] = {
        "source": View("source", 0, Layout.dense(2, *pixels, 2)),
        "destination": View("destination", 0, Layout.dense(2, 1, 1, 2)),
        "dense": False,
        "channel_tiles": 1,
        "last_channels": 2,
        "kernel": pixels,
        "output_size": (1, 1),
        "zero_point": 0,
        "quant_min": -128,
        "quant_max": 127,
        "constants": no_constants,
        "weight_restart": True,
    }
    return ArrayWork(**{**fields, **changes})


def array(rows: int, columns: int, **changes: int) -> ArrayShape:
    """Return an array of two channel lanes with as many requantization lanes."""
    fields = {"channel_lanes": 2, "requant_lanes": 2, "banks": 4}
    return ArrayShape(tile_rows=rows, tile_columns=columns, **{**fields, **changes})


@pytest.mark.parametrize(
    ("work", "shape", "shared"),
    [
        (mean((4, 4)), array(2, 2), True),
        # Two loads a tile of six: 6 cycles, and 6 lanes have to drain.
        (mean((4, 4)), array(2, 3), True),
        # With one lane there is nothing to share.
        (mean((4, 4)), array(1, 1), False),
        # 16 lanes drain one after the other for as long as one lane takes.
        (mean((4, 4)), array(4, 4), False),
        (mean((4, 5)), array(4, 4), True),
        # Two drain steps a lane.
        (mean((4, 4)), array(2, 4, requant_lanes=1), False),
        # One bank loads no faster than one lane steps.
        (mean((4, 4)), array(1, 4, banks=1), False),
        (mean((4, 4)), array(1, 4, banks=2), True),
        # And the rows of a tile are loaded one after the other.
        (mean((4, 4)), array(2, 1), False),
        (mean((4, 4)), array(1, 2), True),
        (mean((4, 4), weight_restart=False), array(2, 2), False),
        (mean((4, 4), reduce_max=True), array(2, 2), False),
        (mean((4, 4), kernel=(4, 3)), array(2, 2), False),
        (mean((4, 4), origin=(-1, 0)), array(2, 2), False),
        (
            mean((4, 4), destination=View("destination", 0, Layout.dense(2, 1, 2, 2))),
            array(2, 2),
            False,
        ),
    ],
)
def test_lanes_share_a_sum_where_that_is_faster(
    work: ArrayWork, shape: ArrayShape, shared: bool
) -> None:
    assert Geometry.of(work, shape, 8).lane_sum == shared
    assert not Geometry.of(work, shape, 8, lane_sum=False).lane_sum


@pytest.mark.parametrize(
    ("changes", "stride"),
    [
        ({"output_size": (1, 4), "stride": (1, 3)}, 3),
        ({"output_size": (4, 1), "stride": (1, 3)}, 1),
        ({"output_size": (4, 2), "stride": (3, 1)}, 1),
    ],
)
def test_only_rows_with_several_outputs_need_their_stride(
    changes: dict[str, Any], stride: int
) -> None:
    work = mean((4, 4), **changes)
    assert lane_stride(work, array(1, 2)) == stride
    assert lane_stride(work, array(2, 1)) == 1


def test_the_window_holds_the_longest_kernel_row() -> None:
    shape = array(1, 3)
    wide = mean((4, 9), kernel=(1, 5), output_size=(4, 5))
    strided = mean((4, 9), kernel=(1, 2), output_size=(4, 4), stride=(1, 2))
    dilated = mean((9, 9), kernel=(1, 5), output_size=(4, 4), dilation=(1, 2))
    single = mean((4, 9), kernel=(1, 9))
    assert window_columns([], shape) == 1
    assert window_columns([wide], shape) == 2 + 5
    assert window_columns([strided], shape) == 4 + 2
    # Its kernel columns are segments of their own.
    assert window_columns([dilated], shape) == 2 + 1
    # One busy lane takes what the others need.
    assert window_columns([single], shape) == 2 + 1
    assert window_columns([single, strided, wide, dilated], shape) == 7
