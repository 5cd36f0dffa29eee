"""Load a model that is named on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.export import ExportedProgram

from isomac.errors import IsomacError
from isomac.frontend.exported_file import load_exported
from isomac.frontend.python_file import call_from_file, is_python_spec


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model from a file.

    Members
    -------
    model
        A module, or an exported program.
    example
        An example input (1, ...), if the file gave one with the module.
    name
        The name of the callable or of the file.
    """

    model: nn.Module | ExportedProgram
    example: torch.Tensor | None
    name: str


def load_model(spec: str) -> LoadedModel:
    """Return the model that `spec` names.

    Parameters
    ----------
    spec
        `file.py:callable`, where the callable returns a module or (module, example input); or a
        `.pt2` file that `torch.export.save` wrote, see `isomac.frontend.exported_file`.

    Raises
    ------
    IsomacError
        If there is no such file or callable, it raises, or what it gives is no model.
    """
    if is_python_spec(spec):
        return _checked(call_from_file(spec, "a model"), spec)
    if spec.endswith(".pt2"):
        return LoadedModel(load_exported(Path(spec)), None, Path(spec).stem)
    raise IsomacError(
        f"a model must be file.py:callable or a .pt2, .onnx, .tflite or .isomac file, not {spec!r}"
    )


def _checked(returned: object, spec: str) -> LoadedModel:
    model, example = returned, None
    if isinstance(returned, tuple) and len(returned) == 2:
        model, example = returned
        if isinstance(example, tuple) and len(example) == 1:
            (example,) = example
    if not isinstance(model, (nn.Module, ExportedProgram)):
        raise IsomacError(
            f"{spec} must return a torch.nn.Module or (module, example input), not"
            f" {type(model).__name__}"
        )
    if example is not None and not isinstance(example, torch.Tensor):
        raise IsomacError(
            f"the example input that {spec} returns must be a tensor, not {type(example).__name__}"
        )
    return LoadedModel(model, example, spec.rpartition(":")[2])
