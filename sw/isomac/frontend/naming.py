"""Readable names: which module a node comes from, and which line of the user's code."""

from __future__ import annotations

import re
import sysconfig
import traceback
from pathlib import Path

import torch
from torch.fx import Node

#: The key in the meta of a node under which a rewriting leaves a name, where one layer became
#: several nodes.
NAME_KEY = "isomac_name"

#: Frames of PyTorch itself, on whatever machine the network was exported.
_TORCH_FRAME = re.compile(
    rf"{re.escape(str(Path(torch.__file__).parent))}|(site|dist)-packages[\\/]torch[\\/]"
)
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')
_SEPARATOR = re.compile(r"[\\/]")

#: The folders of this package and of Python's library, whose frames are nobody's model.
_PACKAGE = str(Path(__file__).parents[1])
_LIBRARY = sysconfig.get_path("stdlib")

#: Modules that only call others: what happens there happens between modules.
_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")


def source(node: Node) -> str:
    """Return `file.py:line` of the innermost line of the user's code, or "" if it is not known."""
    return source_of_trace(node.meta.get("stack_trace") or "")


def source_of_trace(trace: str) -> str:
    """Return `file.py:line` of the innermost frame outside of PyTorch in a printed stack trace."""
    place = ""
    for path, line in _FRAME.findall(trace):
        if not _TORCH_FRAME.search(path):
            place = f"{_SEPARATOR.split(path)[-1]}:{line}"
    return place


def source_of_exception(error: BaseException) -> str:
    """Return `file.py:line` of the innermost line of the user's code that raised."""
    frames = traceback.extract_tb(error.__traceback__)
    outside = [f for f in frames if not f.filename.startswith((_PACKAGE, _LIBRARY, "<"))]
    return source_of_trace("\n".join(f'File "{f.filename}", line {f.lineno}' for f in outside))


def module_path(node: Node) -> tuple[str, bool]:
    """Return the path of the module that `node` comes from, and whether it is a layer of PyTorch.

    The path of a layer names the node, such as `block1.conv2`; in a module of the user there may be
    many operations.
    """
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    if not stack:
        return "", False
    path, kind = stack[-1]
    kind = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
    layer = kind.startswith("torch.nn.") and kind.rpartition(".")[2] not in _CONTAINERS
    # A module that is called again has "@1" behind its name.
    return re.sub(r"@\d+", "", path), layer


def operator_name(node: Node) -> str:
    """Return the name of the operator of PyTorch, such as `conv2d`."""
    if isinstance(node.target, torch._ops.OpOverload):
        return str(node.target._schema.name).partition("::")[2].strip("_")
    return getattr(node.target, "__name__", str(node.target))


def readable_name(node: Node) -> str:
    """Return the name of the layer, or the enclosing module and the operator: `block1.add`."""
    if NAME_KEY in node.meta:
        return str(node.meta[NAME_KEY])
    path, layer = module_path(node)
    if layer and path:
        return path
    return f"{path}.{operator_name(node)}" if path else operator_name(node)


def describe(node: Node) -> str:
    """Return how messages call a node: the operator, its name, and the user's line if known."""
    place = f" ({source(node)})" if source(node) else ""
    return f"{operator_name(node)} {readable_name(node)!r}{place}"
