"""What `isomac build` refuses: one message, exit status 2, nothing left behind."""

from pathlib import Path

import numpy as np
import pytest

from isomac.cli import main
from tests.sw.referees.cases import FIXTURES

TFLITE = FIXTURES / "tflite" / "residual_digits.tflite"
DATA = ["--data", "net.py:images"]
BUILD = ["net.py:network", *DATA]


def content(folder: Path) -> dict[str, bytes]:
    """Return every file below `folder` but Python's caches, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts
    }


def refuse(folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    """Require a refusal that changes no file, and return its message."""
    before = content(folder)
    assert main(["build", *arguments]) == 2
    assert content(folder) == before
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("isomac: ")
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument 'MODEL'"),
        (["missing.py:network", *DATA], "there is no file missing.py"),
        (["net.py:missing", *DATA], "has no 'missing'"),
        (["net.py", *DATA], "names no callable"),
        (["net.txt", *DATA], "must be file.py:callable or a .pt2, .onnx"),
        (["missing.isomac"], "missing.isomac"),
        (["missing.pt2", *DATA], "missing.pt2"),
        (["net.py:broken", *DATA], "out of luck"),
        (["net.py:images", *DATA], "must return a torch.nn.Module"),
        (["net.py:network"], "--data is needed to quantize net.py:network"),
        (["net.py:network", "--data", "missing.npy"], "there is no file missing.npy"),
        (["net.py:network", "--data", "net.py:wide"], "(1, 2, 5, 4)"),
        ([*BUILD, "--multipliers", "0"], "0 is not in the range"),
        ([*BUILD, "--multipliers", "many"], "'many' is not a valid integer"),
        ([*BUILD, "--multipliers", "4097"], "at most 4,096 multipliers, not 4,097"),
        ([*BUILD, "--pixels", "8x8", "--channels", "65"], "at most 4,096 multipliers, not 4,160"),
        ([*BUILD, "--multipliers", "8", "--pixels", "9"], "9 multipliers, and the budget is 8"),
        ([*BUILD, "--channels", "65"], "65 multipliers, and the budget is 64"),
        ([*BUILD, "--pixels", "0x2"], "'0x2' must be ROWSxCOLUMNS"),
        ([*BUILD, "--pixels", "2x"], "'2x' must be ROWSxCOLUMNS"),
        ([*BUILD, "--pixels", "2x2x2"], "'2x2x2' must be ROWSxCOLUMNS"),
        ([*BUILD, "--channels", "4", "--requant-lanes", "5"], "(4), not 5"),
        ([*BUILD, "--banks", "3"], "power of two, not 3"),
        ([*BUILD, "--banks", "128"], "128 is not in the range"),
        ([*BUILD, "--mode", "slow"], "'slow' is not one of"),
        ([*BUILD, "--multiplier-bits", "32"], "32 is not in the range"),
        ([*BUILD, "--kernels", "tflm"], "--kernels is for a quantized model file, which"),
        ([str(TFLITE), "--kernels", "xnnpack"], "must be litert or tflm, not 'xnnpack'"),
        ([*BUILD, "--vectors", "0"], "0 is not in the range"),
        (
            [*BUILD, "--vectors", "9"],
            "9 test inputs were asked for, but the calibration data holds",
        ),
        ([*BUILD, "--test-data", "net.py:few", "--vectors", "6"], "but net.py:few holds 5"),
        ([*BUILD, "--test-data", "net.py:wide"], "must have shape (N, 2, 4, 4)"),
        ([*BUILD, "--hardware", "missing"], "missing is no bundle"),
        ([*BUILD, "--hardware", "missing", "--banks", "2"], "--hardware leaves nothing to derive"),
        ([*BUILD, "--hardware", "missing", "--mode", "fixed"], "--hardware leaves nothing"),
        ([*BUILD, "--nonsense"], "--nonsense"),
    ],
)
def test_unusable_input(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert message in refuse(folder, capsys, [*arguments, "-o", "bundle/below"])


def test_an_operation_that_is_not_supported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(folder)
    assert main(["build", "net.py:sine", *DATA, "-o", "bundle"]) == 2
    assert content(folder) == before
    captured = capsys.readouterr()
    assert captured.out == ""
    # One line for each such operation, with the line of the user's code.
    assert "\n  sin 'sin' (net.py:34)" in captured.err


def test_the_output_is_needed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Missing option '-o'" in refuse(folder, capsys, BUILD)


def test_an_output_that_is_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "net.py is a file" in refuse(folder, capsys, [*BUILD, "-o", "net.py"])


def test_an_output_with_other_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("three years")
    assert "mine holds other files" in refuse(folder, capsys, [*BUILD, "-o", "mine"])


@pytest.mark.parametrize("option", [DATA, ["--multiplier-bits", "12"]])
def test_an_integer_graph_is_not_quantized_again(
    folder: Path, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    message = refuse(folder, capsys, ["graph.isomac", *option, "-o", "bundle"])
    assert f"{option[0]} quantizes a network, and graph.isomac is quantized already" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no JSON", "is no JSON"),
        ("[]", "describes no accelerator"),
        ('{"parameters": 1}', "describes no accelerator"),
        ('{"parameters": {}}', "incomplete"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_hardware_with_a_damaged_manifest(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "manifest.json").write_text(text)
    assert message in refuse(folder, capsys, [*BUILD, "--hardware", "other", "-o", "bundle"])


def test_hardware_that_is_fixed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", *BUILD, "-o", "other"]) == 0
    capsys.readouterr()
    message = refuse(folder, capsys, [*BUILD, "--hardware", "other", "-o", "bundle"])
    assert "only programmable hardware runs other networks" in message


def test_hardware_that_is_too_small(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    smaller = ["net.py:smaller", *DATA, "--mode", "programmable", "-o", "other"]
    assert main(["build", *smaller]) == 0
    capsys.readouterr()
    assert refuse(folder, capsys, [*BUILD, "--hardware", "other", "-o", "bundle"])


def test_calibration_data_that_is_not_numbers(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = np.zeros((2, 2, 4, 4), np.float32)
    images[1, 1, 2, 3] = np.nan
    np.save("images.npy", images)
    arguments = ["net.py:network", "--data", "images.npy", "-o", "bundle"]
    assert "must be finite" in refuse(folder, capsys, arguments)
