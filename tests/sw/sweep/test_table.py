"""The table of the sweep: what is written is read, and what is damaged is not."""

from pathlib import Path

import pytest

from isomac.errors import IsomacError
from isomac.sweep.table import COLUMNS, append_row, read_table, write_table
from tests.sw.sweep.rows import row

ROWS = [row("a"), row("b, c", fmax=None, placed=False, tools='x "y"', constant_bits="")]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "new" / "sweep.csv"
    write_table(path, ROWS[:1])
    append_row(path, ROWS[1])
    return path


def test_what_is_written_is_read(table: Path) -> None:
    assert read_table(table) == ROWS
    assert len(table.read_text().splitlines()) == 3
    assert [path.name for path in table.parent.iterdir()] == ["sweep.csv"]


def test_no_file_has_no_rows(tmp_path: Path) -> None:
    assert read_table(tmp_path / "none.csv") == []


def test_a_newer_row_replaces_an_older_one(table: Path) -> None:
    append_row(table, row("a", lut=7))
    assert read_table(table) == [row("a", lut=7), ROWS[1]]


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_a_row_that_was_interrupted_does_not_count(table: Path, cut: int) -> None:
    table.write_text(table.read_text()[:-cut])
    assert read_table(table) == ROWS[:1]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("name,network", "name,web", "is no table of a sweep: its columns are others"),
        (",2000,", ",many,", "line 2 of {} is damaged: invalid literal"),
        (",yes,", ",perhaps,", "line 2 of {} is damaged: placed must be yes or no, not 'perhaps'"),
        (",61.5,", ",", f"line 2 of {{}} is damaged: it has {len(COLUMNS) - 1} cells"),
        ('"x ""', '"x "', "line 3 of {} is damaged"),
    ],
)
def test_damage(table: Path, old: str, new: str, sentence: str) -> None:
    text = table.read_text()
    assert old in text
    table.write_text(text.replace(old, new))
    with pytest.raises(IsomacError) as error:
        read_table(table)
    assert sentence.format(table) in str(error.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(IsomacError, match="cannot be read"):
        read_table(path)
    with pytest.raises(IsomacError, match="cannot be read"):
        read_table(tmp_path)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IsomacError, match="cannot be written"):
        write_table(tmp_path / "file" / "sweep.csv", ROWS)
