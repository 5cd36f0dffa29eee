"""The evaluators of the golden model, one file for each operator; every file here is picked up."""

from isomac.discovery import import_submodules
from isomac.golden.registry import EVALUATORS

import_submodules(__name__, __path__)

__all__ = ["EVALUATORS"]
