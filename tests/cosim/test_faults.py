"""A proof must be able to fail: one fault at a time, each found and named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isomac_cosim.cosimulate import cosimulate
from isomac_cosim.report import Report
from tests.cosim.edit import edit_manifest, edit_vectors, flip_bit, replace_program
from tests.cosim.standin.bundle import Row, StandIn

MODES = pytest.mark.parametrize("mode", ["fast", "cycle"])


def prove(folder: Path, mode: str = "fast", **options: Any) -> Report:
    return cosimulate(folder, mode=mode, stall=0, progress=False, **options)


@MODES
def test_flipped_weight_bit(tmp_path: Path, mode: str) -> None:
    standin = StandIn()
    folder = standin.write(tmp_path)
    # Bit 0 of byte 1 of the weights in use: channels 1 and 5 change by one.
    flip_bit(folder / "weights.hex", row=2, bit=8)
    report = prove(folder, mode)
    assert not report.bit_exact
    first = report.first_mismatch
    assert first is not None
    assert (first.input, first.layer, first.operation) == (0, "add", "add")
    assert (first.tensor, first.position) == (None, (0, 0, 1))
    assert first.found is not None
    assert (first.expected ^ first.found) & 1
    assert (first.wrong, first.total) == (2 * 6, 36)
    assert report.layers[0].mismatches == 0
    assert report.layers[1].mismatches == 5 * 2 * 6
    assert report.layers[2].mismatches == report.layers[3].mismatches > 0
    # The rectifier hides some of the difference, the schedule does not change.
    assert report.mismatches < 3 * report.layers[1].mismatches
    assert report.cycles_exact


def test_flipped_bit_of_the_image_is_noticed_before_it_is_simulated(tmp_path: Path) -> None:
    folder = StandIn().write(tmp_path)
    manifest = (folder / "manifest.json").read_bytes()
    flip_bit(folder / "weights.hex", row=2, bit=8)
    (folder / "manifest.json").write_bytes(manifest)
    with pytest.raises(ValueError, match=r"weights.hex is damaged"):
        prove(folder)
    assert not prove(folder, verify_files=False).bit_exact


@MODES
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_one_wrong_expected_byte(tmp_path: Path, mode: str, layer: int) -> None:
    folder = StandIn().write(tmp_path)
    wanted = 0

    def change(arrays: dict[str, Any]) -> None:
        nonlocal wanted
        arrays[f"layer_{layer}"][3, 5, 2, 1] ^= 4
        wanted = int(arrays[f"layer_{layer}"][3, 5, 2, 1])

    edit_vectors(folder, change)
    report = prove(folder, mode)
    assert (report.bit_exact, report.mismatches) == (False, 1)
    first = report.first_mismatch
    assert first is not None
    assert (first.input, first.position) == (3, (2, 1, 5))
    assert (first.expected, first.found) == (wanted, wanted ^ 4)
    assert first.layer == ("input", "add", "relu")[layer]
    assert first.sentence().endswith("1 of 36 bytes are wrong.")


@MODES
def test_one_wrong_expected_output_byte(tmp_path: Path, mode: str) -> None:
    folder = StandIn().write(tmp_path)

    def change(arrays: dict[str, Any]) -> None:
        arrays["output"][4, 11, 1] ^= 1

    edit_vectors(folder, change)
    report = prove(folder, mode)
    assert (report.bit_exact, report.mismatches) == (False, 1)
    assert report.first_mismatch is not None
    assert report.first_mismatch.layer == "output"
    # Word 11 is the last pixel of plane 1, which begins with channel 4.
    assert (report.first_mismatch.tensor, report.first_mismatch.position) == ("x", (2, 1, 5))


def test_bytes_of_no_channel_are_not_compared(tmp_path: Path) -> None:
    folder = StandIn().write(tmp_path)

    def change(arrays: dict[str, Any]) -> None:
        assert not arrays["output_mask"][11, 2]
        arrays["output"][4, 11, 2] ^= 1

    edit_vectors(folder, change)
    assert prove(folder).bit_exact


def change_row(index: int, **fields: Any) -> Callable[[list[Row]], None]:
    def change(program: list[Row]) -> None:
        for name, value in fields.items():
            setattr(program[index], name, value)

    return change


@MODES
@pytest.mark.parametrize(
    ("index", "fields", "sentence"),
    [
        (1, {"operation": "hang"}, "In layer 'add' (add) of image 0 the core hung"),
        (
            2,
            {"operation": "fail", "words": 5},
            "In layer 'relu' (relu) of image 0 the core stopped with error 5 (WEIGHT_READ).",
        ),
        (
            1,
            {"target": 29},
            "In layer 'add' (add), image 0: 1 writes lie outside the layer's storage.",
        ),
        (
            1,
            {"target": 29},
            "In layer 'add' (add), image 0: 1 words of the result were never written.",
        ),
        (
            2,
            {"operation": "twice"},
            "In layer 'relu' (relu), image 0: 1 writes went to words already written.",
        ),
        (1, {"words": 11}, "In layer 'add' (add), image 0: 1 words of the result were never"),
        (0, {"words": 11}, "In image 0: 11 input words were taken before done, not 12."),
        (3, {"words": 11}, "In image 0: 11 output words were sent before done, not 12."),
        (3, {"words": 13}, "In image 0: 13 output words were sent before done, not 12."),
        (2, {"operation": "depart"}, "In image 0: 3 layers ended before done, not 4."),
    ],
)
def test_program_that_misbehaves(
    tmp_path: Path, mode: str, index: int, fields: dict[str, Any], sentence: str
) -> None:
    standin = StandIn()
    folder = standin.write(tmp_path)
    replace_program(folder, standin, change_row(index, **fields))
    report = prove(folder, mode)
    assert not report.bit_exact
    assert any(sentence in failure for failure in report.failures), report.failures


def test_word_that_is_written_twice_is_no_proof_though_all_bytes_are_equal(tmp_path: Path) -> None:
    standin = StandIn()
    folder = standin.write(tmp_path)
    replace_program(folder, standin, change_row(2, operation="twice"))
    report = prove(folder)
    assert (report.mismatches, report.bit_exact, report.cycles_exact) == (0, False, False)


def test_hang_is_stopped_at_the_limit_and_the_layers_before_it_are_judged(tmp_path: Path) -> None:
    standin = StandIn()
    folder = standin.write(tmp_path)
    flip_bit(folder / "weights.hex", row=2, bit=8)
    replace_program(folder, standin, change_row(2, operation="hang"))
    report = prove(folder)
    assert (report.inputs, report.cycles, report.bit_exact) == (0, (), False)
    assert report.simulated_cycles < 11_000
    assert report.first_mismatch is not None
    assert report.first_mismatch.layer == "add"
    assert [layer.bytes_compared for layer in report.layers] == [36, 36, 0, 0]


@MODES
def test_byte_that_was_never_written_has_no_value(tmp_path: Path, mode: str) -> None:
    standin = StandIn()
    folder = standin.write(tmp_path)
    replace_program(folder, standin, change_row(2, words=11))
    report = prove(folder, mode)
    first = report.first_mismatch
    assert first is not None
    assert (first.layer, first.position, first.found) == ("relu", (2, 1, 4), None)
    assert "was never written" in first.sentence()


@MODES
def test_wrong_prediction(tmp_path: Path, mode: str) -> None:
    folder = StandIn().write(tmp_path)

    def change(manifest: dict[str, Any]) -> None:
        manifest["layers"][1]["predicted_cycles"] += 1
        manifest["predicted_cycles"] += 1

    edit_manifest(folder, change)
    report = prove(folder, mode)
    assert (report.bit_exact, report.cycles_exact) == (True, False)
    assert [layer.cycles_exact for layer in report.layers] == [True, False, True, True]
    assert (
        "Layer 'add' (add) of image 0 took 13 cycles; 14 were predicted."
        in report.cycle_differences
    )


@MODES
@pytest.mark.parametrize(
    ("correct", "broken", "sentence"),
    [
        ("cycles <= cycles + 1;", "cycles <= cycles + 2;", "Image 0 took 51 cycles, but the port"),
        (
            "layer_cycles <= elapsed + 1;",
            "layer_cycles <= elapsed;",
            "The layers of image 0 add up to 47 cycles, not 51.",
        ),
    ],
)
def test_counter_that_is_wrong(
    tmp_path: Path, mode: str, correct: str, broken: str, sentence: str
) -> None:
    folder = StandIn(inputs=1).write(tmp_path)
    change_verilog(folder, correct, broken)
    report = prove(folder, mode, verify_files=False)
    assert (report.bit_exact, report.cycles_exact) == (True, False)
    assert any(sentence in difference for difference in report.cycle_differences)


@MODES
def test_core_that_is_not_at_rest_after_done(tmp_path: Path, mode: str) -> None:
    folder = StandIn(inputs=1).write(tmp_path)
    change_verilog(folder, "assign busy = state != IDLE;", "assign busy = 1;")
    report = prove(folder, mode, verify_files=False)
    assert "After image 0 the core was not at rest." in report.failures
    assert not report.bit_exact


def test_output_that_changes_before_it_is_taken(tmp_path: Path) -> None:
    folder = StandIn(inputs=1).write(tmp_path)
    change_verilog(folder, "assign output_data = source;", "assign output_data = source ^ cycles;")
    report = cosimulate(folder, mode="cycle", stall=0.5, progress=False, verify_files=False)
    assert "In image 0 a word on the output changed before it was taken." in report.failures


def test_state_that_an_earlier_inference_leaves_is_found(tmp_path: Path) -> None:
    # From the second image on the adder uses other weights.
    standin = StandIn()
    folder = standin.write(tmp_path)
    change_verilog(folder, "now <= program_rows[row];", "now <= program_rows[row] ^ flaw;")
    change_verilog(
        folder,
        "reg [31:0] elapsed = 0;",
        "reg [31:0] elapsed = 0;\n    reg [63:0] flaw = 0;\n"
        "    always @(posedge clk) if (done) flaw <= 64'h10_0000_0000;",
    )
    report = prove(folder, verify_files=False)
    assert report.first_mismatch is not None
    assert (report.first_mismatch.input, report.first_mismatch.layer) == (1, "add")


def change_verilog(folder: Path, correct: str, broken: str) -> None:
    path = folder / "accelerator.v"
    text = path.read_text()
    assert correct in text
    path.write_text(text.replace(correct, broken, 1))


def test_expected_values_are_not_the_inputs(tmp_path: Path) -> None:
    # Guards the fixture itself: each operation changes most bytes.
    folder = StandIn().write(tmp_path)
    with np.load(folder / "vectors.npz") as vectors:
        added = np.mean(vectors["layer_1"] != vectors["layer_0"])
        rectified = np.mean(vectors["layer_2"] != vectors["layer_1"])
    assert added > 0.9
    assert rectified > 0.3
