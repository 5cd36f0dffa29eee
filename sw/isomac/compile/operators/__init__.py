"""How each operator becomes work for the array: one file an operator, found by themselves."""

from isomac.discovery import import_submodules

import_submodules(__name__, __path__)
