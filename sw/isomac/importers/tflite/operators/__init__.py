"""The operators that are supported, one file each; every file in this folder is picked up."""

from isomac.discovery import import_submodules

import_submodules(__name__, __path__)
