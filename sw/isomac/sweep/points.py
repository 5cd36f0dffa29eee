"""The points of the sweep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from isomac.errors import IsomacError
from isomac.sweep.point import Accelerator, Point

#: Network, tile rows and columns, M, R, B; the targets it is placed on, and those it is only
#: synthesized for. The devices are the smallest with room, since the larger take longer.
_E, _F, _G = "ecp5-25f", "ecp5-45f", "ecp5-85f"
_U, _H, _N, _A, _X = "ice40-up5k", "ice40-hx8k", "gw1nr-9", "gw2ar-18", "xc7a100t"
_Entry = tuple[str, int, int, int, int, int, tuple[str, ...], tuple[str, ...]]
_FIXED: tuple[_Entry, ...] = (
    ("tiny_dense", 1, 1, 2, 1, 1, (_E, _U, _H, _N), (_X,)),
    ("tiny_dense", 1, 1, 4, 1, 1, (_E, _U, _H, _N), (_X,)),
    ("tiny_dense", 1, 2, 2, 1, 2, (_U, _H, _A), (_E,)),
    ("tiny_dense", 2, 1, 2, 2, 1, (_U, _N), (_E, _H)),
    ("tiny_dense", 1, 1, 8, 2, 1, (_A,), (_E, _U, _X)),
    ("tiny_separable", 1, 1, 2, 1, 1, (_U, _N), (_H, _E)),
    ("tiny_separable", 1, 1, 4, 1, 1, (_E, _U, _A), (_X,)),
    ("tiny_separable", 1, 2, 4, 2, 2, (_E, _N), (_X, _U)),
    ("tiny_residual", 1, 1, 2, 1, 1, (_U, _A), (_E, _H)),
    ("tiny_residual", 1, 1, 4, 2, 1, (_E, _N), (_X, _U)),
    ("tiny_residual", 2, 2, 4, 1, 2, (_E, _A), (_X, _U)),
    ("tiny_gate", 1, 1, 2, 1, 1, (_U, _H), (_E,)),
    ("tiny_gate", 1, 1, 4, 1, 1, (_U, _N), (_E, _H)),
    ("tiny_gate", 1, 1, 8, 2, 1, (_E, _A), (_X,)),
    ("tiny_tflite", 1, 1, 2, 1, 1, (_N,), (_U, _E)),
    ("tiny_tflite", 1, 1, 4, 1, 1, (_E, _A), (_X,)),
    ("tiny_tflite", 1, 2, 8, 2, 2, (_E,), (_X, _A, _U)),
    ("rn", 1, 1, 4, 1, 1, (_E, _A), (_X, _U, _H)),
    ("rn", 1, 1, 8, 2, 1, (_E, _N), (_X,)),
    ("rn", 1, 4, 4, 1, 4, (_E, _A), (_U,)),
    ("rn", 1, 1, 16, 4, 1, (_E,), (_X, _A)),
    ("dscnn", 1, 1, 8, 1, 1, (_E, _A), (_X,)),
    ("dscnn", 1, 1, 16, 2, 1, (_E, _A), (_X, _U)),
    ("dscnn", 1, 2, 8, 2, 2, (_E,), (_A,)),
    ("dscnn", 2, 2, 4, 1, 2, (_E,), (_X, _A)),
    ("dscnn", 1, 1, 32, 4, 1, (_F,), (_X, _A)),
    ("dscnn", 1, 1, 64, 4, 1, (_G,), (_X,)),
    ("demo", 1, 1, 8, 2, 1, (_E, _A), (_X,)),
    ("demo", 1, 2, 8, 4, 2, (_F,), (_X, _A)),
    ("demo", 1, 2, 16, 4, 4, (_G,), (_X,)),
    ("demo", 2, 2, 8, 2, 4, (_G,), ()),
    ("resnet8", 1, 1, 8, 1, 1, (_G,), (_A,)),
    ("resnet8", 1, 1, 16, 4, 1, (_G,), (_X,)),
    ("resnet8", 1, 4, 4, 2, 4, (_G,), (_X,)),
    ("resnet8", 1, 1, 32, 4, 1, (), (_E, _X)),
    ("autoencoder", 1, 1, 8, 1, 1, (_G,), (_A,)),
    ("autoencoder", 1, 1, 32, 4, 1, (), (_G, _X)),
    ("odd_kernels", 1, 3, 4, 1, 4, (_G,), (_X,)),
    ("odd_kernels", 1, 1, 12, 3, 1, (_G,), (_A,)),
    ("grouped_dilated", 2, 2, 4, 2, 2, (_F,), (_X,)),
    ("grouped_dilated", 1, 1, 12, 4, 1, (_F,), (_A,)),
    ("wide_resnet", 1, 2, 8, 2, 2, (_G,), (_X,)),
    ("wide_resnet", 1, 1, 20, 5, 1, (_G,), (_A,)),
    ("mobilenet_v1_025", 1, 1, 8, 2, 1, (_G,), (_X,)),
    ("mobilenet_v1_025", 1, 1, 16, 2, 1, (), (_G, _A)),
    ("mobilenet_v1_025", 1, 4, 8, 4, 4, (), (_G,)),
)
_PROGRAMMABLE: tuple[_Entry, ...] = (
    ("tiny_dense", 1, 1, 4, 1, 1, (_E, _N), (_X, _U, _H)),
    ("tiny_residual", 1, 2, 4, 2, 2, (_E,), (_A, _U)),
    ("tiny_separable", 1, 1, 8, 2, 1, (_E, _A), (_X,)),
    ("rn", 1, 2, 8, 2, 2, (_E,), (_A, _U, _X)),
    ("dscnn", 1, 1, 16, 2, 1, (_F,), (_A, _X)),
    ("resnet8", 1, 2, 16, 4, 2, (_G,), (_X,)),
)
_OVERLAP: tuple[_Entry, ...] = (
    ("rn", 1, 2, 4, 1, 2, (_E, _A), (_X, _U)),
    ("dscnn", 1, 1, 12, 3, 1, (_E,), (_A,)),
)


def sweep_points() -> tuple[Point, ...]:
    """Return all points, the small ones first."""
    return tuple(
        point
        for entries, mode, overlap in (
            (_FIXED, "fixed", False),
            (_PROGRAMMABLE, "programmable", False),
            (_OVERLAP, "fixed", True),
        )
        for entry in entries
        for point in _points(entry, mode, overlap_input=overlap)
    )


def _points(entry: _Entry, mode: str, *, overlap_input: bool) -> Iterator[Point]:
    network, rows, columns, channels, requantizers, banks, placed, synthesized = entry
    accelerator = Accelerator(
        network=network,
        tile=(rows, columns),
        channel_lanes=channels,
        requant_lanes=requantizers,
        banks=banks,
        mode=mode,
        overlap_input=overlap_input,
    )
    for target in placed:
        yield Point(accelerator=accelerator, target=target, place=True)
    for target in synthesized:
        yield Point(accelerator=accelerator, target=target, place=False)


def chosen_points(
    names: Sequence[str], targets: Sequence[str], networks: Sequence[str]
) -> tuple[Point, ...]:
    """Return the points with one of these names, targets and networks; of all where none is given.

    Raises
    ------
    IsomacError
        If a name, target or network is none of the sweep's.
    """
    points = sweep_points()
    for what, wanted, known in (
        ("point", names, [point.name for point in points]),
        ("target", targets, [point.target for point in points]),
        ("network", networks, [point.accelerator.network for point in points]),
    ):
        for name in wanted:
            if name not in known:
                raise IsomacError(_unknown(what, name, list(dict.fromkeys(known))))
    return tuple(
        point
        for point in points
        if (not names or point.name in names)
        and (not targets or point.target in targets)
        and (not networks or point.accelerator.network in networks)
    )


def _unknown(what: str, name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=3, cutoff=0.5)
    listed = what != "point"
    hint = f"did you mean {' or '.join(near)}" if near else "isomac sweep --list shows them"
    if listed and not near:
        hint = f"there are {', '.join(known)}"
    return f"the sweep has no {what} {name!r}: {hint}"
