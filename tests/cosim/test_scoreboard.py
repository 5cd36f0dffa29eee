"""The scoreboard on captures that were made up."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from isomac_cosim.bundle import Bundle, open_bundle
from isomac_cosim.capture import OUTCOME, Capture, Status
from isomac_cosim.expected import Expected
from isomac_cosim.scoreboard import MAX_SENTENCES, Scoreboard
from isomac_cosim.tally import Tally
from tests.cosim.standin.bundle import StandIn


@pytest.fixture
def standin() -> StandIn:
    return StandIn(inputs=4)


@pytest.fixture
def bundle(standin: StandIn, tmp_path: Path) -> Bundle:
    return open_bundle(standin.write(tmp_path))


def perfect_capture(bundle: Bundle, standin: StandIn) -> Capture:
    """What a correct core does with all four inputs, from the expected values."""
    words, count = standin.words, 4
    layers = [standin.to_words(bundle.vector(f"layer_{k}", 0, count)) for k in range(3)]
    bases = [16 + k * words for k in range(3)]
    addresses = np.concatenate([np.arange(base, base + words) for base in bases])
    outcomes = np.zeros(count, OUTCOME)
    outcomes["cycles"] = outcomes["cycles_port"] = 51
    outcomes["inputs"] = outcomes["outputs"] = words
    outcomes["layers"] = 4
    ends = np.array([1, 2, 3, 3]) * words + 3 * words * np.arange(count)[:, None]
    return Capture(
        status=Status.COMPLETE,
        completed=count,
        output=bundle.vector("output", 0, count),
        outcomes=outcomes,
        layer_cycles=np.tile(np.array([12, 13, 13, 13], np.uint32), (count, 1)),
        layer_end=ends.astype(np.uint64),
        addresses=np.tile(addresses, count).astype(np.uint32),
        data=np.concatenate(layers, axis=1).reshape(-1, standin.word_bytes),
    )


def scoreboard(bundle: Bundle, *, stalled: bool = False) -> Scoreboard:
    return Scoreboard(bundle, Expected.load(bundle, 0, 4), stalled=stalled)


def judge(bundle: Bundle, capture: Capture) -> Tally:
    board = scoreboard(bundle)
    board.check(capture, 0)
    return board.tally


def test_perfect_capture(bundle: Bundle, standin: StandIn) -> None:
    board = scoreboard(bundle)
    assert board.check(perfect_capture(bundle, standin), 0)
    tally = board.tally
    assert (tally.inputs, tally.first, tally.failures) == (4, None, [])
    assert (tally.cycles, tally.cycle_differences) == ([51] * 4, [])
    assert [layer.compared for layer in tally.layers] == [4 * 36] * 4


def test_inferences_that_write_in_different_orders_are_judged_one_by_one(
    bundle: Bundle, standin: StandIn
) -> None:
    capture = perfect_capture(bundle, standin)
    # The second inference writes two words of its first layer in the other order.
    addresses, data = capture.addresses.copy(), capture.data.copy()
    for array in (addresses, data):
        array[[36, 37]] = array[[37, 36]]
    tally = judge(bundle, replace(capture, addresses=addresses, data=data))
    assert (tally.inputs, tally.first, tally.failures) == (4, None, [])
    # The same bytes at addresses that were not exchanged are wrong.
    tally = judge(bundle, replace(capture, data=data))
    assert tally.first is not None
    assert (tally.first.input, tally.first.layer) == (1, "input")


def test_first_mismatch_is_of_the_first_input_then_of_the_first_layer(
    bundle: Bundle, standin: StandIn
) -> None:
    capture = perfect_capture(bundle, standin)
    data = capture.data.copy()
    data[3 * 36 + 0, 0] ^= 1  # input 3, layer 0
    data[1 * 36 + 25, 1] ^= 1  # input 1, layer 2, its word 1
    data[1 * 36 + 14, 0] ^= 1  # input 1, layer 1, its word 2
    tally = judge(bundle, replace(capture, data=data))
    assert tally.first is not None
    assert (tally.first.input, tally.first.layer, tally.first.position) == (1, "add", (1, 0, 0))
    assert [layer.mismatches for layer in tally.layers] == [1, 1, 1, 0]


def test_wrong_output_of_an_earlier_input_comes_first(bundle: Bundle, standin: StandIn) -> None:
    capture = perfect_capture(bundle, standin)
    data, output = capture.data.copy(), capture.output.copy()
    data[3 * 36, 0] ^= 1
    output[2, 0, 0] ^= 1
    tally = judge(bundle, replace(capture, data=data, output=output))
    assert tally.first is not None
    assert (tally.first.input, tally.first.layer, tally.first.tensor) == (2, "output", "x")


def test_stalled_streams_may_cost_cycles_but_the_layers_between_may_not(
    bundle: Bundle, standin: StandIn
) -> None:
    capture = perfect_capture(bundle, standin)
    capture.layer_cycles[:, 0] += 5
    capture.layer_cycles[:, 3] += 7
    capture.outcomes["cycles"] += 12
    capture.outcomes["cycles_port"] += 12
    board = scoreboard(bundle, stalled=True)
    board.check(capture, 0)
    assert board.tally.cycle_differences == []
    assert len(judge(bundle, capture).cycle_differences) == 4 * 2
    capture.layer_cycles[2, 1] += 1
    capture.layer_cycles[2, 0] -= 1
    board = scoreboard(bundle, stalled=True)
    board.check(capture, 0)
    assert board.tally.cycle_differences == [
        "Layer 'add' (add) of image 2 took 14 cycles; 13 were predicted."
    ]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (Status.CYCLE_LIMIT, "In layer 'add' (add) of image 2 the core hung"),
        (Status.WRITE_OVERFLOW, "In layer 'add' (add) of image 2 the core wrote far more words"),
        (Status.ERROR_CODE, "In layer 'add' (add) of image 2 the core stopped with error 15 (?)."),
    ],
)
def test_incomplete_inference(
    bundle: Bundle, standin: StandIn, status: Status, sentence: str
) -> None:
    capture = perfect_capture(bundle, standin)
    capture.outcomes["layers"][2] = 1
    capture.outcomes["error"][2] = 15
    capture.layer_end[2, 1:] = capture.layer_end[2, 0] + 1
    board = scoreboard(bundle)
    assert not board.check(replace(capture, status=status, completed=2), 0)
    assert board.tally.inputs == 2
    assert [sentence in failure for failure in board.tally.failures] == [True]
    # The layer that ended is compared, the one that did not is not.
    assert [layer.compared for layer in board.tally.layers] == [3 * 36, *[2 * 36] * 3]


def test_sentences_are_few(bundle: Bundle, standin: StandIn) -> None:
    capture = perfect_capture(bundle, standin)
    capture.outcomes["cycles_port"] += 1
    capture.outcomes["strays"] += 1
    capture.outcomes["inputs"] -= 1
    capture.outcomes["outputs"] -= 1
    capture.layer_cycles[:] += 1
    tally = judge(bundle, capture)
    assert len(tally.failures) == len(tally.cycle_differences) == MAX_SENTENCES


def test_tally_survives_the_way_through_a_file(
    bundle: Bundle, standin: StandIn, tmp_path: Path
) -> None:
    capture = perfect_capture(bundle, standin)
    capture.data[5] ^= 1
    tally = judge(bundle, capture)
    assert tally.first is not None
    tally.save(tmp_path / "tally.json")
    assert Tally.load(tmp_path / "tally.json") == tally
