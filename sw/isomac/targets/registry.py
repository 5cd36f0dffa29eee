"""The targets, by their names."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from isomac.errors import IsomacError
from isomac.targets.file import parse_target
from isomac.targets.target import Target

_ENDING = ".toml"


@cache
def target_names() -> tuple[str, ...]:
    """Return the names of all targets, in alphabetical order."""
    names = (entry.name for entry in files("isomac.targets").iterdir())
    return tuple(sorted(name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING)))


@cache
def target(name: str) -> Target:
    """Return the target of this name, in whatever case.

    Raises
    ------
    IsomacError
        If there is none; the nearest names are suggested.
    """
    known = target_names()
    wanted = name.lower()
    if wanted not in known:
        near = get_close_matches(wanted, known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}" if near else f"there are {', '.join(known)}"
        raise IsomacError(f"{name!r} is no target: {hint}")
    return parse_target(
        wanted, (files("isomac.targets") / f"{wanted}{_ENDING}").read_text(encoding="utf-8")
    )
