"""A .pt2 file gives a network, and nothing in it is run."""

import io
import json
import pickle
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.export import Dim

from isomac.errors import IsomacError
from isomac.frontend import quantize, quantize_with_reference
from isomac.frontend.exported_file import load_exported
from tests.sw.frontend.networks import LeNet
from tests.sw.frontend.support import assert_agrees, images, seeded

GRAPH = "models/model.json"
WEIGHTS = "data/weights/model_weights_config.json"
CONSTANTS = "data/constants/model_constants_config.json"
SAMPLES = "data/sample_inputs/model.pt"

#: What a hostile archive leaves behind.
TRACES: list[str] = []


def leave_trace(what: str) -> None:
    TRACES.append(what)


class Hostile:
    """Leaves a trace when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return leave_trace, ("unpickled",)


def test_the_trap_works() -> None:
    TRACES.clear()
    pickle.loads(pickle.dumps(Hostile()))
    assert TRACES == ["unpickled"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    TRACES.clear()
    model = seeded(LeNet()).eval()
    program = torch.export.export(
        model, (images(2, 1, 28, 28),), dynamic_shapes=({0: Dim.DYNAMIC},)
    )
    torch.export.save(program, tmp_path / "lenet.pt2", extra_files={"note.txt": "by hand"})
    return tmp_path / "lenet.pt2"


def test_the_same_network(path: Path) -> None:
    program = load_exported(path)
    x = images(8, 1, 28, 28)
    result = quantize_with_reference(program, x, name="LeNet")
    assert_agrees(result, tolerance=3e-3)
    assert result.graph == quantize(seeded(LeNet()), x, name="LeNet")
    assert result.graph.operations[0].source.startswith("networks.py:")


def test_several_containers(tmp_path: Path) -> None:
    class Dictionary(nn.Module):
        def forward(self, x: torch.Tensor) -> dict[str, Any]:
            return {"a": x + x, "b": [x * 2]}

    program = torch.export.export(Dictionary(), (torch.zeros(2, 3),))
    torch.export.save(program, tmp_path / "dictionary.pt2")
    loaded = load_exported(tmp_path / "dictionary.pt2")
    assert list(loaded.module()(torch.ones(2, 3))) == ["a", "b"]


def _edit(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Rewrite the archive after `change` of its members, named without their folder."""
    with zipfile.ZipFile(path) as archive:
        members = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"lenet/{name}", content)


def _in_json(name: str, change: Callable[[Any], None]) -> Callable[[dict[str, bytes]], None]:
    def edit(members: dict[str, bytes]) -> None:
        document = json.loads(members[name])
        change(document)
        members[name] = json.dumps(document).encode()

    return edit


def _pickled_tensor(members: dict[str, bytes]) -> None:
    document = json.loads(members[WEIGHTS])
    entry = document["config"]["conv1.weight"]
    entry["use_pickle"] = True
    buffer = io.BytesIO()
    torch.save(Hostile(), buffer)
    members[f"data/weights/{entry['path_name']}"] = buffer.getvalue()
    members[WEIGHTS] = json.dumps(document).encode()


def _pickled_object(members: dict[str, bytes]) -> None:
    document = json.loads(members[CONSTANTS])
    entry = {
        "path_name": "opaque_obj_0",
        "is_param": False,
        "use_pickle": True,
        "tensor_meta": None,
    }
    document["config"]["table"] = entry
    members["data/constants/opaque_obj_0"] = pickle.dumps(Hostile())
    members[CONSTANTS] = json.dumps(document).encode()


def _pickled_samples(members: dict[str, bytes]) -> None:
    buffer = io.BytesIO()
    torch.save(((Hostile(),), {}), buffer)
    members[SAMPLES] = buffer.getvalue()


def _compiled_code(members: dict[str, bytes]) -> None:
    members["data/aotinductor/model/code.so"] = b"\x7fELF"


def _weights_in_one(members: dict[str, bytes]) -> None:
    members["data/weights/model.pt"] = pickle.dumps(Hostile())


def _target(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(document: Any) -> None:
        document["graph_module"]["graph"]["nodes"][0]["target"] = name

    return _in_json(GRAPH, change)


def _size(document: Any) -> None:
    sizes = document["graph_module"]["graph"]["tensor_values"]["conv2d"]["sizes"]
    sizes[0]["as_expr"]["expr_str"] = "__import__('os').getpid()"


def _container(document: Any) -> None:
    spec = [1, {"type": "collections.defaultdict", "context": "{}", "children_spec": []}]
    document["graph_module"]["module_call_graph"][0]["signature"]["in_spec"] = json.dumps(spec)


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "tensor": (_pickled_tensor, "holds 'conv1.weight' as a Python object"),
    "object": (_pickled_object, "holds 'table' as a Python object"),
    "samples": (_pickled_samples, "holds sample inputs that are not plain tensors"),
    "code": (_compiled_code, "holds 'data/aotinductor/model/code.so'"),
    "weights": (_weights_in_one, "holds 'data/weights/model.pt'"),
    "library": (_target("torch.ops.load_library"), "calls 'torch.ops.load_library'"),
    "function": (_target("torch.hub.load"), "calls 'torch.hub.load'"),
    "attribute": (_target("torch.ops.aten.conv2d.__class__"), "calls 'torch.ops.aten.conv2d.__c"),
    "builtin": (_target("_operator.methodcaller"), "calls '_operator.methodcaller'"),
    "size": (_in_json(GRAPH, _size), "holds the size \"__import__('os').getpid()\""),
    "container": (_in_json(GRAPH, _container), "passes collections.defaultdict"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_hidden_is_run(path: Path, name: str) -> None:
    change, sentence = HOSTILE[name]
    _edit(path, change)
    with pytest.raises(IsomacError, match=re.escape(sentence)):
        load_exported(path)
    assert TRACES == []


def test_code_for_guards_is_dropped(path: Path) -> None:
    def add_guard(document: Any) -> None:
        document["guards_code"] = ["__import__('os').abort()"]

    _edit(path, _in_json(GRAPH, add_guard))
    program = load_exported(path)
    assert program._guards_code == []


def test_damaged_files(path: Path, tmp_path: Path) -> None:
    content = path.read_bytes()
    for name, data in (
        ("text.pt2", b"no archive"),
        ("empty.pt2", b""),
        ("cut.pt2", content[: len(content) // 2]),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(IsomacError, match=r"was not written by torch\.export\.save"):
            load_exported(tmp_path / name)
    _edit(path, lambda members: members.pop(GRAPH) and None)
    with pytest.raises(IsomacError, match=r"it holds no models/model\.json"):
        load_exported(path)


def test_missing_members(path: Path) -> None:
    _edit(path, lambda members: members.pop("data/weights/weight_0") and None)
    with pytest.raises(IsomacError, match=r"cannot be read by torch\.export\.load"):
        load_exported(path)


def test_weights_of_a_checkpoint_are_no_program(tmp_path: Path) -> None:
    torch.save(LeNet().state_dict(), tmp_path / "weights.pt2")
    with pytest.raises(IsomacError, match=r"it holds no models/model\.json"):
        load_exported(tmp_path / "weights.pt2")
