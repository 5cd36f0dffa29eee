"""A folder is written whole or not at all, and nothing of anybody else's is touched."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from isomac.bundle.folder import sha256, written_folder
from isomac.errors import IsomacError

MARKER = "manifest.json"


def write(target: Path, text: str = "new") -> None:
    """Write a bundle of two files and its manifest."""
    with written_folder(target, MARKER) as fresh:
        (fresh / "a.txt").write_text(text)
        (fresh / "b.txt").write_text(text)
        (fresh / MARKER).write_text(json.dumps({"files": {"a.txt": "", "b.txt": ""}}))


def write_and_fail(target: Path, error: BaseException) -> None:
    """Write one file of a bundle, then raise."""
    with written_folder(target, MARKER) as fresh:
        (fresh / "a.txt").write_text("new")
        raise error


def content(folder: Path) -> dict[str, str | None]:
    """Return the text of every file below a folder by its path; None stands for a folder."""
    return {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_text()
        for path in folder.rglob("*")
    }


def refusal(target: Path) -> str:
    """Return the sentence with which a target is refused."""
    with pytest.raises(IsomacError) as caught:
        write(target)
    return str(caught.value)


@pytest.mark.parametrize("name", ["bundle", "some/where/else"])
def test_a_new_folder(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    assert sorted(content(tmp_path / name)) == ["a.txt", "b.txt", MARKER]
    assert [path.name for path in tmp_path.iterdir()] == [name.split("/")[0]]
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o755


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    write(tmp_path / "bundle")
    assert len(content(tmp_path / "bundle")) == 3


def test_an_older_bundle_goes_as_a_whole(tmp_path: Path) -> None:
    """With the reports of co-simulation, and files that the new one does not have."""
    target = tmp_path / "bundle"
    write(target, "old")
    (target / MARKER).write_text(json.dumps({"files": {"a.txt": "", "b.txt": "", "c.txt": ""}}))
    (target / "c.txt").write_text("old")
    (target / "reports").mkdir()
    (target / "reports" / "cosim.json").write_text("old")
    write(target)
    assert sorted(content(target)) == ["a.txt", "b.txt", MARKER]
    assert (target / "a.txt").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_nobody_sees_half_a_bundle(tmp_path: Path) -> None:
    """Until all is written, the older one is there."""
    target = tmp_path / "bundle"
    write(target, "old")
    with written_folder(target, MARKER) as fresh:
        (fresh / "a.txt").write_text("new")
        assert (target / "a.txt").read_text() == "old"
        assert fresh.parent == target.parent
    assert (target / "a.txt").read_text() == "new"


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bundle").write_text("mine")
    sentence = refusal(tmp_path / "bundle")
    assert sentence.startswith(f"{tmp_path / 'bundle'} is a file; the bundle needs a folder")
    assert content(tmp_path) == {"bundle": "mine"}


def others_files(folder: Path) -> None:
    (folder / "thesis.txt").write_text("three years")


def others_manifest(folder: Path) -> None:
    """A web application has a manifest.json as well."""
    (folder / MARKER).write_text('{"name": "app", "files": ["index.html"]}')
    (folder / "index.html").write_text("mine")


def no_json(folder: Path) -> None:
    (folder / MARKER).write_text("no JSON")


def no_object(folder: Path) -> None:
    (folder / MARKER).write_text("[" * 100_000)


def a_list(folder: Path) -> None:
    (folder / MARKER).write_text("[]")


def no_text(folder: Path) -> None:
    (folder / MARKER).write_bytes(b"\xff\xfe\x00")


def a_folder_as_manifest(folder: Path) -> None:
    (folder / MARKER).mkdir()


def notes_in_a_bundle(folder: Path) -> None:
    folder.rmdir()
    write(folder, "old")
    (folder / "notes.txt").write_text("mine")


def a_folder_in_a_bundle(folder: Path) -> None:
    folder.rmdir()
    write(folder, "old")
    (folder / "measurements").mkdir()


@pytest.mark.parametrize(
    "fill",
    [
        others_files,
        others_manifest,
        no_json,
        no_object,
        a_list,
        no_text,
        a_folder_as_manifest,
        notes_in_a_bundle,
        a_folder_in_a_bundle,
    ],
)
def test_what_is_not_a_bundle_is_refused(tmp_path: Path, fill: Callable[[Path], None]) -> None:
    target = tmp_path / "mine"
    target.mkdir()
    fill(target)
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    assert refusal(target).startswith(f"{target} holds other files; the bundle needs a folder")
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("error", [RuntimeError("a fault"), KeyboardInterrupt(), SystemExit(3)])
@pytest.mark.parametrize("name", ["bundle", "some/where/else"])
def test_nothing_is_left_of_a_failure(tmp_path: Path, name: str, error: BaseException) -> None:
    (tmp_path / "other").write_text("mine")
    with pytest.raises(type(error)):
        write_and_fail(tmp_path / name, error)
    assert content(tmp_path) == {"other": "mine"}


def test_the_older_bundle_survives_a_failure(tmp_path: Path) -> None:
    write(tmp_path / "bundle", "old")
    before = content(tmp_path)
    with pytest.raises(RuntimeError):
        write_and_fail(tmp_path / "bundle", RuntimeError())
    assert content(tmp_path) == before


def test_the_older_bundle_comes_back_if_the_new_one_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "bundle", "old")
    before = content(tmp_path)
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if target == tmp_path / "bundle" and not self.name.endswith("-old"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    assert refusal(tmp_path / "bundle") == (
        f"{tmp_path / 'bundle'} cannot be written: No space left on device ({tmp_path / 'bundle'})"
    )
    assert content(tmp_path) == before


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(IsomacError, match="cannot be written: No space left on device"):
        write_and_fail(tmp_path / "bundle", OSError(28, "No space left on device"))
    assert content(tmp_path) == {}


def test_a_path_below_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    target = tmp_path / "file" / "some" / "bundle"
    assert refusal(target) == (f"{target} cannot be written: Not a directory ({tmp_path / 'file'})")
    assert content(tmp_path) == {"file": "mine"}


def test_what_is_behind_a_link_is_replaced(tmp_path: Path) -> None:
    write(tmp_path / "real", "old")
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link")
    assert (tmp_path / "link").readlink() == Path("real")
    assert (tmp_path / "real" / "a.txt").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_link_to_nothing_comes_to_lead_somewhere(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link")
    assert (tmp_path / "real" / "a.txt").read_text() == "new"


@pytest.mark.parametrize("target", [".", "../here"])
def test_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write(Path(target))
    assert sorted(content(tmp_path)) == ["here", "here/a.txt", "here/b.txt", f"here/{MARKER}"]


def test_sha256(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(data)
    assert sha256(tmp_path / "file") == hashlib.sha256(data).hexdigest()
