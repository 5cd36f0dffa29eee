"""The operators of PyTorch the front end knows, one file each or one for a family.

Every file in this folder is picked up.
"""

from isomac.discovery import import_submodules

import_submodules(__name__, __path__)
