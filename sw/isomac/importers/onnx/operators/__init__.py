"""The operators of ONNX the importer knows, one file each or one for a family.

Every file in this folder is picked up.
"""

from isomac.discovery import import_submodules

import_submodules(__name__, __path__)
