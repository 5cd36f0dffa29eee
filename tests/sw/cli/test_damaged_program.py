"""A `.pt2` file that can be read and does not fit together: a sentence, and exit status 2."""

import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from isomac.cli import main
from isomac.cli.network import read_network
from isomac.errors import IsomacError

GRAPH = "program/models/model.json"


@pytest.fixture
def program(folder: Path) -> Path:
    """A small program beside calibration data."""
    torch.manual_seed(1)
    model = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2))
    exported = torch.export.export(model.eval(), (torch.zeros(1, 2, 4, 4),))
    torch.export.save(exported, folder / "program.pt2")
    np.save(folder / "data.npy", np.random.default_rng(1).random((4, 2, 4, 4), np.float32))
    return folder / "program.pt2"


def edit(path: Path, change: Callable[[Any], None]) -> None:
    """Change the graph's JSON in place."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(members[GRAPH])
    change(document)
    members[GRAPH] = json.dumps(document).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def rename_a_module(document: Any) -> None:
    document["graph_module"]["module_call_graph"][0]["fqn"] = "x"


def forget_an_argument(document: Any) -> None:
    document["graph_module"]["graph"]["nodes"][0]["inputs"].pop(0)


@pytest.mark.parametrize("change", [rename_a_module, forget_an_argument])
def test_damage_has_a_sentence(
    program: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Any], None]
) -> None:
    edit(program, change)
    assert main(["build", "program.pt2", "--data", "data.npy", "-o", "bundle"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("isomac: program.pt2 ")
    assert not Path("bundle").exists()


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a JSON document."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield node, key
        if isinstance(value, dict | list):
            yield from places(value)


def test_random_damage(program: Path, folder: Path) -> None:
    """Nothing but a sentence may come of it, and sometimes a network all the same."""
    original = program.read_bytes()
    source = random.Random(1)
    refused = 0
    for _ in range(60):
        program.write_bytes(original)

        def change(document: Any) -> None:
            parent, key = source.choice(list(places(document["graph_module"])))
            kind = source.randrange(3)
            if kind == 0:
                del parent[key]
            elif kind == 1:
                other, place = source.choice(list(places(document["graph_module"])))
                parent[key] = json.loads(json.dumps(other[place]))
            else:
                parent[key] = source.choice([None, 0, -1, 7, 1 << 40, 0.5, "", "x", [], {}, True])

        edit(program, change)
        try:
            read_network("program.pt2", "data.npy", None)
        except IsomacError:
            refused += 1
    assert refused >= 20
