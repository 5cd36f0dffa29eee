"""The operators of the integer graph in TOSA's. Every file here is picked up."""

from isomac.discovery import import_submodules

import_submodules(__name__, __path__)
