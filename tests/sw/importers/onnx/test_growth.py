"""Small files whose constants would become large, and constants in files that are linked."""

import os
import resource
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from isomac.errors import IsomacError
from isomac.importers import import_model

FIXTURE = Path(__file__).parent.parent / "fixtures" / "onnx" / "ort_int8.onnx"


def model(nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray]) -> bytes:
    """Return a model that computes something from constants, which nobody reads."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])
    constants = {**constants, "scale": np.ones((), np.float32), "zero": np.zeros((), np.int8)}
    given = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    nodes = [
        *nodes,
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["y"]),
    ]
    graph = helper.make_graph(nodes, "growth", [x], [y], given)
    opsets = [helper.make_opsetid("", 17)]
    data: bytes = helper.make_model(graph, opset_imports=opsets).SerializeToString()
    return data


def doubled() -> bytes:
    nodes = [
        helper.make_node("Concat", [f"w{n}", f"w{n}"], [f"w{n + 1}"], axis=0) for n in range(26)
    ]
    return model(nodes, {"w0": np.ones(64, np.float32)})


def gathered() -> bytes:
    nodes = [
        helper.make_node("Gather", [f"w{n}", "index"], [f"w{n + 1}"], axis=n) for n in range(4)
    ]
    constants = {"w0": np.ones((1, 1, 1, 1), np.int8), "index": np.zeros(1000, np.int64)}
    return model(nodes, constants)


def widened() -> bytes:
    nodes = [helper.make_node("Cast", ["w"], [f"w{n}"], to=TensorProto.INT64) for n in range(40)]
    return model(nodes, {"w": np.zeros(1 << 20, np.int8)})


def broadcast() -> bytes:
    nodes = [helper.make_node("Add", ["a", "b"], ["c"])]
    shapes = {"a": (1 << 14, 1), "b": (1, 1 << 14)}
    return model(nodes, {name: np.zeros(shape, np.float32) for name, shape in shapes.items()})


@pytest.mark.parametrize("build", [doubled, gathered, widened, broadcast])
def test_constants_do_not_grow(build: object, tmp_path: Path) -> None:
    assert callable(build)
    path = tmp_path / "growth.onnx"
    path.write_bytes(build())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(IsomacError, match="what is computed from constants is more than"):
        import_model(path)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 300 * 1024, f"{grown} KiB"


def test_constants_in_a_file_that_is_linked(tmp_path: Path) -> None:
    """Hard links and links within the folder are what caches of models have."""
    proto = onnx.load(FIXTURE)
    onnx.save(proto, tmp_path / "model.onnx", save_as_external_data=True, location="w.bin")
    expected = import_model(FIXTURE)
    found = import_model(tmp_path / "model.onnx")
    assert [type(o) for o in found.graph.operations] == [type(o) for o in expected.graph.operations]
    os.link(tmp_path / "w.bin", tmp_path / "other.bin")
    linked = import_model(tmp_path / "model.onnx")
    assert linked.graph == found.graph
    assert linked.embedded is not None
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "model.onnx").write_bytes(linked.embedded)
    assert import_model(alone / "model.onnx").graph == found.graph
    (tmp_path / "w.bin").unlink()
    (tmp_path / "w.bin").symlink_to("other.bin")
    assert import_model(tmp_path / "model.onnx").graph == found.graph
