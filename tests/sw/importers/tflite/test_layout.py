"""Orders and shapes: channels last in the file, first in the graph, and what is flattened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert")

from isomac.errors import IsomacError
from isomac.graph.operators.pad import Pad
from isomac.importers.tflite.imported import ImportedTflite
from isomac.importers.tflite.layout import Order, graph_shape
from tests.sw.importers.tflite.chains import Chain
from tests.sw.importers.tflite.reference import differences_on, load, random_inputs
from tests.sw.importers.tflite.writer import SAME


def flatten(c: Chain) -> bytes:
    x = c.convolution(c.input([1, 6, 5, 2]), 3)
    return c.finish(c.dense(c.reshape(x, [1, 36]), 7))


def dense_reads_a_map(c: Chain) -> bytes:
    return c.finish(c.dense(c.convolution(c.input([1, 6, 5, 2]), 3), 7))


def elementwise_on_a_flat_map(c: Chain) -> bytes:
    x = c.reshape(c.convolution(c.input([1, 6, 5, 2]), 3), [1, 36])
    x = c.unary("TANH", c.multiply(c.add(x, x), list(range(-18, 18))))
    return c.finish(c.dense(c.unary("RELU", x), 7))


def dense_becomes_a_map(c: Chain) -> bytes:
    x = c.unary("RELU6", c.dense(c.input([1, 9]), 60))
    return c.finish(c.convolution(c.reshape(x, [1, 5, 4, 3]), 2))


def there_and_back(c: Chain) -> bytes:
    x = c.reshape(c.convolution(c.input([1, 6, 5, 2]), 3), [1, 36])
    return c.finish(c.convolution(c.reshape(c.unary("RELU", x), [1, 4, 3, 3]), 2))


def input_becomes_a_map(c: Chain) -> bytes:
    return c.finish(c.convolution(c.reshape(c.input([1, 60]), [1, 5, 4, 3]), 2))


def input_is_flattened(c: Chain) -> bytes:
    return c.finish(c.dense(c.reshape(c.input([1, 4, 3, 2]), [1, 24]), 5))


def input_has_two_readers(c: Chain) -> bytes:
    x = c.input([1, 4, 3, 2])
    flat = c.dense(c.reshape(x, [1, 24]), 6)
    other = c.dense(c.reshape(c.convolution(x, 3), [1, 6]), 6)
    return c.finish(c.add(flat, other))


def flat_maps_side_by_side(c: Chain) -> bytes:
    x = c.input([1, 6, 6, 2])
    a = c.reshape(c.convolution(x, 3), [1, 48])
    b = c.reshape(c.pool(x, 2), [1, 18])
    d = c.dense(x, 5)
    return c.finish(c.dense(c.concatenate(a, d, b), 4))


def maps_side_by_side(c: Chain) -> bytes:
    x = c.input([1, 6, 6, 2])
    return c.finish(c.concatenate(c.convolution(x, 3, padding=SAME), x))


def softmax_of_a_flat_map(c: Chain) -> bytes:
    return c.finish(c.softmax(c.reshape(c.convolution(c.input([1, 6, 5, 2]), 3), [1, 36])))


def softmax_of_a_map(c: Chain) -> bytes:
    return c.finish(c.softmax(c.convolution(c.input([1, 6, 5, 2]), 3)))


def flat_output(c: Chain) -> bytes:
    return c.finish(c.reshape(c.convolution(c.input([1, 6, 5, 2]), 3), [1, 36]))


def lines(c: Chain) -> bytes:
    x = c.reshape(c.convolution(c.input([1, 6, 1, 2]), 3, kernel=1), [1, 6, 3])
    x = c.add(c.unary("TANH", x), x)
    return c.finish(c.convolution(c.reshape(x, [1, 1, 6, 3]), 2, kernel=1))


def squeezed(c: Chain) -> bytes:
    x = c.squeeze(c.convolution(c.input([1, 3, 3, 2]), 4))
    return c.finish(c.dense(x, 3))


def one_channel(c: Chain) -> bytes:
    x = c.reshape(c.convolution(c.input([1, 4, 4, 2]), 1), [1, 4])
    return c.finish(c.convolution(c.reshape(x, [1, 1, 4, 1]), 2, kernel=1))


def borders_of_maps(c: Chain) -> bytes:
    x = c.input([1, 4, 5, 2])
    a = c.convolution(c.pad(x, [1, 2], [0, 1]), 2)
    b = c.pool(c.pad(x, [1, 1], [2, 1], value=-128), 2)
    return c.finish(a, b, c.pad(c.unary("TANH", x), [3, 0], [0, 5], value=9))


def two_outputs(c: Chain) -> bytes:
    x = c.convolution(c.input([1, 4, 5, 2]), 3)
    return c.finish(c.unary("TANH", x), c.dense(x, 4), x)


def two_inputs(c: Chain) -> bytes:
    a, b = c.input([1, 4, 4, 2]), c.input([1, 8])
    return c.finish(c.add(c.dense(a, 8), b))


def real_borders(c: Chain) -> bytes:
    x = c.unary("QUANTIZE", c.input([1, 5, 4, 2], "FLOAT32"))
    y = c.convolution(x, 3)
    return c.finish(c.unary("DEQUANTIZE", y, kind="FLOAT32"))


def unsigned_borders(c: Chain) -> bytes:
    x = c.unary("QUANTIZE", c.input([1, 5, 4, 2], "UINT8"))
    return c.finish(c.unary("QUANTIZE", c.convolution(x, 3), kind="UINT8"))


def rescaled_unsigned_borders(c: Chain) -> bytes:
    x = c.unary("QUANTIZE", c.input([1, 5, 4, 2], "UINT8"), scale=0.07, zero_point=-9)
    x = c.convolution(c.unary("QUANTIZE", x), 3)
    return c.finish(c.unary("QUANTIZE", x, kind="UINT8", scale=0.03, zero_point=7))


def reshaped_real_input(c: Chain) -> bytes:
    x = c.unary("QUANTIZE", c.input([1, 40], "FLOAT32"))
    return c.finish(c.convolution(c.reshape(x, [1, 5, 4, 2]), 3))


CHAINS: list[Callable[[Chain], bytes]] = [
    flatten,
    dense_reads_a_map,
    elementwise_on_a_flat_map,
    dense_becomes_a_map,
    there_and_back,
    input_becomes_a_map,
    input_is_flattened,
    input_has_two_readers,
    flat_maps_side_by_side,
    maps_side_by_side,
    softmax_of_a_flat_map,
    softmax_of_a_map,
    flat_output,
    lines,
    squeezed,
    one_channel,
    borders_of_maps,
    two_outputs,
    two_inputs,
    real_borders,
    unsigned_borders,
    rescaled_unsigned_borders,
    reshaped_real_input,
]


def import_chain(path: Path, build: Callable[[Chain], bytes], seed: int = 0) -> ImportedTflite:
    path.write_bytes(build(Chain(seed)))
    return load(path)


@pytest.mark.parametrize("build", CHAINS)
def test_every_tensor_equals_the_reference(build: Callable[[Chain], bytes], tmp_path: Path) -> None:
    for seed in range(3):
        path = tmp_path / "model.tflite"
        imported = import_chain(path, build, seed)
        inputs = random_inputs(imported, 24, seed)
        assert not any(differences_on(path, imported, inputs).values())


def test_padding_of_an_operator_takes_the_border(tmp_path: Path) -> None:
    imported = import_chain(tmp_path / "model.tflite", borders_of_maps)
    operations = {type(operation).__name__: operation for operation in imported.graph.operations}
    assert operations["Convolution"].padding == (1, 0, 2, 1)  # type: ignore[attr-defined]
    # The columns of the pool would lie beside the map; the last border is an output.
    pads = [operation for operation in imported.graph.operations if isinstance(operation, Pad)]
    assert [pad.padding for pad in pads] == [(1, 2, 1, 1), (3, 0, 0, 5)]


def test_an_input_arrives_in_the_shape_in_which_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    imported = import_chain(path, input_becomes_a_map)
    (name,) = imported.graph.inputs
    assert imported.graph.tensor(name).shape == (3, 5, 4)
    assert imported.places[name].shape == (1, 60)
    assert len(imported.graph.operations) == 1


def test_a_shape_that_moves_values_is_refused(tmp_path: Path) -> None:
    def build(c: Chain) -> bytes:
        x = c.convolution(c.input([1, 6, 5, 2]), 3)
        return c.finish(c.convolution(c.reshape(x, [1, 6, 3, 2]), 2))

    with pytest.raises(IsomacError, match="which moves values"):
        import_chain(tmp_path / "model.tflite", build)


def test_orders_that_differ_are_refused(tmp_path: Path) -> None:
    def build(c: Chain) -> bytes:
        x = c.convolution(c.input([1, 6, 5, 2]), 3)
        return c.finish(c.add(c.reshape(x, [1, 36]), c.dense(x, 36)))

    with pytest.raises(IsomacError, match="maps of different shapes"):
        import_chain(tmp_path / "model.tflite", build)


def test_places_lead_there_and_back(tmp_path: Path) -> None:
    imported = import_chain(tmp_path / "model.tflite", unsigned_borders)
    for name, values in random_inputs(imported, 3).items():
        place = imported.places[name]
        of_file = place.to_file(values)
        assert of_file.shape == (3, 5, 4, 2)
        assert of_file.dtype == np.uint8
        np.testing.assert_array_equal(
            of_file, (values.transpose(0, 2, 3, 1).astype(int) + 128).astype(np.uint8)
        )
        np.testing.assert_array_equal(place.to_graph(of_file, values.shape[1:]), values)


def test_borders_say_what_stands_outside(tmp_path: Path) -> None:
    imported = import_chain(tmp_path / "model.tflite", real_borders)
    (entry,) = imported.graph.inputs
    border = imported.borders[entry]
    assert (border.kind, border.index) == ("FLOAT32", 0)
    assert imported.channels_last
    values = np.arange(-128, 128).astype(np.int8)
    np.testing.assert_array_equal(border.quantize(border.dequantize(values)), values)
    halves = border.scale * np.array([0.5, -0.5, 1.5, -1.5, 1e9], np.float32)
    assert border.quantize(halves).tolist() == [4, 2, 5, 1, 127]


def test_an_order_of_blocks() -> None:
    order = Order.of([(2, 3), (4, 1), (1, 5), (2, 2)])
    assert order.blocks == ((2, 3), (9, 1), (2, 2))
    assert order.positions[:6].tolist() == [0, 3, 1, 4, 2, 5]
    values = np.arange(19)
    np.testing.assert_array_equal(order.to_file(order.to_graph(values)), values)
    assert not order.plain
    assert Order.of([(1, 5), (3, 1)]).blocks == ((8, 1),)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 6, 5, 2), (2, 6, 5)),
        ((1, 7), (7,)),
        ((7,), (7,)),
        ((), (1,)),
        ((1, 6, 3), (3, 1, 6)),
        ((6, 3), (3, 1, 6)),
        ((1, 2, 3, 4, 5), (5, 2, 12)),
    ],
)
def test_shapes_in_the_graph(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert graph_shape(shape) == expected


def test_samples_come_as_the_file_has_them(tmp_path: Path) -> None:
    """Also where a reshape at the input makes them arrive in another shape."""
    imported = import_chain(tmp_path / "model.tflite", input_becomes_a_map)
    (entry,) = imported.graph.inputs
    place = imported.places[entry]
    assert place.sample_shape != imported.graph.tensor(entry).shape
    inputs = random_inputs(imported, 3)
    arranged = imported.arrange(entry, place.to_file(inputs[entry]))
    np.testing.assert_array_equal(arranged, inputs[entry])
    assert imported.arrange(entry, arranged.reshape(3, *place.sample_shape) * 0.5).dtype.kind == "f"
    with pytest.raises(IsomacError, match="must have shape"):
        imported.arrange(entry, np.zeros((3, 1)))
