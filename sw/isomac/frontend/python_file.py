"""Call a function in a Python file, as the command line names it: `path/to/file.py:callable`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from isomac.errors import IsomacError
from isomac.frontend.naming import source_of_exception


def is_python_spec(spec: str) -> bool:
    """Return whether `spec` has the form `file.py:callable`, or forgets the callable."""
    path, _, name = spec.rpartition(":")
    return path.endswith(".py") or name.endswith(".py")


def call_from_file(spec: str, what: str) -> Any:
    """Import the file and return what the callable returns.

    Parameters
    ----------
    spec
        `path/to/file.py:callable`. The folder of the file is importable meanwhile.
    what
        What is wanted, for messages.

    Raises
    ------
    IsomacError
        If there is no such file or callable, or one of the two raises.
    """
    path, _, name = spec.rpartition(":")
    if not path.endswith(".py") or not name:
        raise IsomacError(f"{what} must be given as file.py:callable, {spec!r} names no callable")
    file = Path(path)
    if not file.is_file():
        raise IsomacError(f"there is no file {path}")
    with _folder_importable(file.parent):
        module = _import(file)
        function: Any = module
        for part in name.split("."):
            function = getattr(function, part, None)
        if function is None:
            raise IsomacError(f"{path} has no {name!r}")
        if not callable(function):
            raise IsomacError(f"{name!r} in {path} must be callable, not {type(function).__name__}")
        try:
            return function()
        except (
            Exception,
            SystemExit,
        ) as error:  # sys.exit() must not end isomac as if all was well
            raise IsomacError(f"{spec} raised {_cause(error)}") from error


def _import(file: Path) -> ModuleType:
    name = f"isomac_user_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise IsomacError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    # Classes look their module up by name, for example when they are dataclasses.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise IsomacError(f"importing {file} raised {_cause(error)}") from error
    return module


def _cause(error: Exception | SystemExit) -> str:
    place = source_of_exception(error)
    return f"{type(error).__name__}: {error}" + (f" ({place})" if place else "")


@contextmanager
def _folder_importable(folder: Path) -> Iterator[None]:
    entry = str(folder.resolve())
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        sys.path.remove(entry)
