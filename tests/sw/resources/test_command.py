"""`isomac resources`: the errors of the models that come with isomac, and what it refuses."""

import json
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from isomac.cli import main
from isomac.errors import IsomacError
from isomac.resources import command
from isomac.resources.estimate import coefficients
from isomac.resources.models import fit_models, predicted
from isomac.resources.samples import make_samples
from isomac.resources.validation import errors, exact, held_out
from isomac.sweep.table import append_row, read_table, write_table
from tests.sw.sweep.rows import row

TABLE = Path(str(files("isomac.resources") / command.TABLE))
committed = pytest.mark.skipif(not TABLE.exists(), reason="the sweep was not run yet")


@committed
def test_the_sweep_that_comes_with_isomac() -> None:
    rows = read_table(TABLE)
    placed = [r for r in rows if r.placed]
    assert len(placed) >= 60
    assert len({r.network for r in placed}) >= 8
    samples = make_samples(rows)
    for (model, resource), (right, of) in exact(samples).items():
        assert right == of, (model, resource)
    found = errors(held_out(samples))
    assert {(e.model, e.resource) for e in found} >= {
        (model, resource)
        for model in ("ecp5", "gowin", "ice40", "xc7")
        for resource in ("lut", "ff")
    }
    for e in found:
        if e.resource == "fmax":
            assert e.mean < 0.10, e
            assert e.inside is not None
            assert e.inside >= 0.85, e
        else:
            assert e.mean < 0.05, e
            assert e.worst < 0.12, e


@committed
def test_the_coefficients_are_those_of_the_sweep() -> None:
    samples = make_samples(read_table(TABLE))
    fresh, kept = fit_models(samples), coefficients()
    for sample in samples:
        assert predicted(sample, kept) == pytest.approx(predicted(sample, fresh), rel=1e-3)


@committed
def test_the_table_of_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "coefficients.json"
    assert main(["resources", "--markdown", "--fit", str(output)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| target | resource | points | mean error | worst error | remark |"
    assert any(line.startswith("| ecp5 | LUT | ") and "held out" in line for line in lines)
    assert any(line.startswith("| xc7 | BRAM | ") and "all exact" in line for line in lines)
    written, kept = json.loads(output.read_text()), coefficients()
    assert written.keys() == kept.keys() == {"logic", "speed"}
    for part in written:
        assert written[part].keys() == kept[part].keys()
    for name, model in written["speed"].items():
        assert (model["low"], model["high"]) == pytest.approx(
            (kept["speed"][name]["low"], kept["speed"][name]["high"]), rel=1e-3
        )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "has no points of a sweep; isomac sweep {} makes them"),
        ("a,b\n", "is no table of a sweep"),
    ],
)
def test_tables_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, sentence: str
) -> None:
    path = tmp_path / "sweep.csv"
    if text is not None:
        path.write_text(text)
    assert main(["resources", "--table", str(path)]) == 2
    said = capsys.readouterr().err
    assert sentence.format(path) in said
    assert len(said.splitlines()) == 1


def test_rows_of_other_hardware(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sweep.csv"
    write_table(path, [])
    append_row(path, row("a@ecp5-25f"))
    assert main(["resources", "--table", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("isomac: the parameters of a@ecp5-25f are not those of this version's")
    assert len(said.splitlines()) == 1


def test_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(IsomacError, match=r"the fit needs scipy, .* 'isomac\[sweep\]'"):
        command.run_command(None, None, markdown=False)
