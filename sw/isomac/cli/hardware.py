"""The accelerator of a bundle that exists, as the target of another network."""

import json
from pathlib import Path

from isomac.bundle.build import MANIFEST
from isomac.errors import IsomacError
from isomac_hw.parameters import AcceleratorParameters


def read_hardware(bundle: Path) -> AcceleratorParameters:
    """Return the parameters of the accelerator in the folder `bundle`.

    Raises
    ------
    IsomacError
        If it is no bundle, or its manifest does not describe an accelerator.
    """
    path = bundle / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise IsomacError(f"{bundle} is no bundle: there is no {MANIFEST}") from None
    except (ValueError, RecursionError) as error:
        raise IsomacError(f"{path} is no JSON: {error}") from error
    parameters = data.get("parameters") if isinstance(data, dict) else None
    if not isinstance(parameters, dict):
        raise IsomacError(f"{path} describes no accelerator")
    try:
        return AcceleratorParameters.from_dict(parameters)
    except ValueError as error:
        raise IsomacError(f"{path}: {error}") from error
