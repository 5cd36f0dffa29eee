"""Judges of the golden model that nobody here wrote: they run a network on their own kernels.

Every file and every package in this folder is picked up: a new referee is one of them, with one
function under `isomac.referees.registry.referee`. What it runs on is an optional part of the
distribution, `pip install 'isomac[referees]'`, and is imported inside that function.
"""

from isomac.discovery import import_submodules
from isomac.referees.registry import Case, find_referee, referee_names
from isomac.referees.result import Agreement, compare

import_submodules(__name__, __path__)

__all__ = ["Agreement", "Case", "compare", "find_referee", "referee_names"]
