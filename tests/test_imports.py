"""The import rule: hw <- cosim <- sw, and PyTorch only in sw."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: For each package, the folder it lives in and the top-level modules that it must not import.
FORBIDDEN = {
    "isomac_hw": ("hw", {"isomac_cosim", "isomac", "torch", "torchao"}),
    "isomac_cosim": ("cosim", {"isomac", "torch", "torchao"}),
    "isomac": ("sw", set()),
}


def imported_modules(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every module that `source` imports, wherever it does."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield node.lineno, module
            case ast.Call(
                func=ast.Attribute(attr="import_module" | "__import__")
                | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield node.lineno, module


def back_arrows(root: Path) -> list[str]:
    """Return one sentence for each import below `root` that the rule forbids."""
    return [
        f"{path.relative_to(root)}:{line}: {package} must not import {module}"
        for package, (folder, forbidden) in FORBIDDEN.items()
        for path in sorted((root / folder / package).rglob("*.py"))
        for line, module in imported_modules(path.read_text(encoding="utf-8"))
        if module.partition(".")[0] in forbidden
    ]


def test_no_import_points_back() -> None:
    assert back_arrows(ROOT) == []


def test_the_rule_covers_every_package() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/*/__init__.py")}
    assert packages == set(FORBIDDEN)
    for package, (folder, _) in FORBIDDEN.items():
        assert (ROOT / folder / package / "__init__.py").is_file()


@pytest.mark.parametrize(
    ("file", "source", "module"),
    [
        ("hw/isomac_hw/core.py", "import torch", "torch"),
        ("hw/isomac_hw/core.py", "import numpy, torch.nn as nn", "torch.nn"),
        ("hw/isomac_hw/core.py", "from isomac.graph import Graph", "isomac.graph"),
        ("hw/isomac_hw/a/core.py", "import isomac_cosim", "isomac_cosim"),
        ("cosim/isomac_cosim/run.py", "from isomac import build", "isomac"),
        ("cosim/isomac_cosim/run.py", "from torchao import quantization", "torchao"),
        ("cosim/isomac_cosim/run.py", "def f():\n    import torch", "torch"),
        ("cosim/isomac_cosim/run.py", "if TYPE_CHECKING:\n    import torch", "torch"),
        ("cosim/isomac_cosim/run.py", "importlib.import_module('isomac.graph')", "isomac.graph"),
    ],
)
def test_an_arrow_that_points_back_is_found(
    tmp_path: Path, file: str, source: str, module: str
) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    (arrow,) = back_arrows(tmp_path)
    assert arrow.startswith(f"{file}:")
    assert arrow.endswith(f"must not import {module}")


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("sw/isomac/run.py", "import torch, isomac_hw, isomac_cosim"),
        ("cosim/isomac_cosim/run.py", "from isomac_hw.parameters import AcceleratorParameters"),
        ("hw/isomac_hw/core.py", "import isomac_hw.job\nfrom amaranth.hdl import Module"),
    ],
)
def test_the_arrows_of_the_rule_are_allowed(tmp_path: Path, file: str, source: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    assert back_arrows(tmp_path) == []
