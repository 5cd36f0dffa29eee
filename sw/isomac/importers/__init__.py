"""Networks that are quantized already, from files of other frameworks.

Every file and every package in this folder is picked up: a new importer is one of them, with one
function under `isomac.importers.registry.imports`. It imports its parser inside that function, so
that a network of another kind does not wait for it.
"""

from isomac.discovery import import_submodules
from isomac.importers.registry import Imported, import_model, is_importable, kernels_of, suffixes

import_submodules(__name__, __path__)

__all__ = ["Imported", "import_model", "is_importable", "kernels_of", "suffixes"]
