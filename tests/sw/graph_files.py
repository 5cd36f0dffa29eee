"""Taking `.isomac` files apart and putting them together again, for the tests of the format."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Members = dict[str, bytes]


def members_of(path: Path) -> Members:
    """Return the members of a zip archive by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, members: Members, compression: int = zipfile.ZIP_STORED) -> None:
    """Write a zip archive of these members."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def edit(path: Path, change: Callable[[Any], None]) -> None:
    """Change the JSON of a file in place."""
    members = members_of(path)
    document = json.loads(members["graph.json"])
    change(document)
    write(path, {**members, "graph.json": json.dumps(document).encode()})
