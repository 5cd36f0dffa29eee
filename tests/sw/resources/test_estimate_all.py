"""Many cores at once are estimated as each of them alone."""

from dataclasses import replace

import numpy as np
import pytest

from isomac.resources import Cores, estimate, estimate_all
from isomac.targets import target, target_names
from isomac_hw.parameters import FEATURES, AcceleratorParameters
from tests.sw.resources.accelerators import parameters

TILES = [(1, 1), (1, 2), (2, 1), (3, 4), (1, 17)]
REQUANT_LANES = [1, 2, 3]
BANKS = [1, 2, 8, 16]


def single(like: AcceleratorParameters, tile: int, lanes: int, banks: int) -> AcceleratorParameters:
    """One of the cores, with depths that cross the sizes of blocks."""
    rows, columns = TILES[tile]
    shares = rows * columns > 2 and banks < 8
    features = (*like.features, "lane_sum") if shares else like.features
    return replace(
        like,
        tile_rows=rows,
        tile_columns=columns,
        requant_lanes=lanes,
        banks=banks,
        window_columns=2 * columns + 1,
        strides=(1,) if columns == 1 else (1, 2),
        features=tuple(f for f in FEATURES if f in features),
        activation_depth=banks * (700 // banks + banks),
        weight_depth=900 + 300 * shares * rows * columns,
        requant_depth=100 * -(-like.channel_lanes // lanes),
    )


@pytest.mark.parametrize("name", target_names())
def test_point_by_point(name: str) -> None:
    base = parameters(channel_lanes=3)
    like = replace(base, features=("dense", "depthwise", "max", "lookup"), lookup_tables=3)
    grid = np.array(
        [
            [[single(like, tile, lanes, banks) for banks in BANKS] for lanes in REQUANT_LANES]
            for tile in range(len(TILES))
        ]
    )

    def box(name: str) -> np.ndarray:
        return np.vectorize(lambda p: getattr(p, name))(grid)

    found = estimate_all(
        Cores(
            like=like,
            tile_rows=box("tile_rows")[:, :1, :1],
            tile_columns=box("tile_columns")[:, :1, :1],
            requant_lanes=box("requant_lanes")[:1, :, :1],
            banks=box("banks")[:1, :1, :],
            window_columns=box("window_columns")[:, :1, :1],
            stride_count=np.vectorize(lambda p: len(p.strides))(grid)[:, :1, :1],
            lane_sum=np.vectorize(lambda p: p.has("lane_sum"))(grid),
            activation_depth=box("activation_depth")[:1, :1, :],
            weight_depth=box("weight_depth"),
            requant_depth=box("requant_depth")[:1, :, :1],
        ),
        target(name),
    )
    for index, one in np.ndenumerate(grid):
        alone = estimate(one, target(name))
        for resource in ("lut", "ff", "dsp", "bram"):
            values = np.broadcast_to(getattr(found, resource), grid.shape)
            assert values[index] == getattr(alone, resource), resource
        if found.fmax is None:
            assert alone.fmax is None
        else:
            assert found.fmax[index] == pytest.approx(alone.fmax, rel=1e-12)
