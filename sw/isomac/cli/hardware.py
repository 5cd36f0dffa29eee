"""The accelerator of a bundle that exists, as the target of another network."""

import json
from pathlib import Path
from typing import Any

from isomac.bundle.build import MANIFEST
from isomac.errors import IsomacError
from isomac_hw.interfaces.ports import INTERFACES
from isomac_hw.parameters import AcceleratorParameters


def read_hardware(bundle: Path) -> AcceleratorParameters:
    """Return the parameters of the accelerator in the folder `bundle`.

    Raises
    ------
    IsomacError
        If it is no bundle, or its manifest does not describe an accelerator.
    """
    path, data = _read_manifest(bundle)
    parameters = data.get("parameters") if isinstance(data, dict) else None
    if not isinstance(parameters, dict):
        raise IsomacError(f"{path} describes no accelerator")
    try:
        return AcceleratorParameters.from_dict(parameters)
    except ValueError as error:
        raise IsomacError(f"{path}: {error}") from error


def read_interface(bundle: Path) -> str:
    """Return the interface of the accelerator in the folder `bundle`.

    Raises
    ------
    IsomacError
        If it is no bundle, or its interface is none that there is.
    """
    path, data = _read_manifest(bundle)
    interface = data.get("interface", INTERFACES[0]) if isinstance(data, dict) else None
    if interface not in INTERFACES:
        raise IsomacError(
            f"{path}: interface must be one of {', '.join(INTERFACES)}, not {interface!r}"
        )
    return str(interface)


def _read_manifest(bundle: Path) -> tuple[Path, Any]:
    """The manifest of a bundle: where it is, and what it holds."""
    path = bundle / MANIFEST
    try:
        return path, json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise IsomacError(f"{bundle} is no bundle: there is no {MANIFEST}") from None
    except (ValueError, RecursionError) as error:
        raise IsomacError(f"{path} is no JSON: {error}") from error
