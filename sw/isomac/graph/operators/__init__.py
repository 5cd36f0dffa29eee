"""The operators of the integer graph, one file each; every file in this folder is picked up."""

from isomac.discovery import import_submodules
from isomac.graph.operation import Operation, registered_operators

import_submodules(__name__, __path__)

#: Every operator class by name.
OPERATORS: dict[str, type[Operation]] = registered_operators()
