"""A row of the table that is as it must be, open to any change."""

from typing import Any

from isomac.bench.row import Row


def row(**changes: Any) -> Row:
    fields = {
        "network": "rn",
        "budget": 16,
        "pixels": "1x2",
        "pixel_lanes": 2,
        "channels": 8,
        "requant_lanes": 4,
        "banks": 8,
        "multipliers": 16,
        "requant_multipliers": 4,
        "macs": 290_080,
        "cycles": 20_000,
        "predicted_cycles": 20_000,
        "utilization": 0.9065,
        "back_to_back_cycles": 19_950.0,
        "throughput_utilization": 0.9088,
        "bit_exact": True,
        "cycles_exact": True,
        "mismatches": 0,
        "inputs": 4,
        "bytes_compared": 47_120,
        "bound": 19_208,
        "limit": 20_600,
        "lost": {
            "partial_tiles_pixels": 784.0,
            "partial_tiles_channels": 294.0,
            "window_loads": 3.0,
            "drain": 16.0,
            "launch": 25.0,
            "stream_in": 99.0,
            "stream_out": 5.0,
            "pooling_and_adds": 644.0,
        },
        "search_seconds": 0.1,
        "simulated_cycles_per_second": 2e6,
        "problems": (),
    }
    return Row(**{**fields, **changes})
