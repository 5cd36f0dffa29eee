"""Import every module of a package, so that what they define registers itself."""

import importlib
import pkgutil
from collections.abc import Iterable


def import_submodules(package: str, path: Iterable[str]) -> None:
    """Import all direct submodules of `package` in alphabetical order.

    Parameters
    ----------
    package
        Dotted name of the package, `__name__` in its `__init__.py`.
    path
        Folders of the package, `__path__` in its `__init__.py`.
    """
    for module in sorted(pkgutil.iter_modules(path), key=lambda module: module.name):
        importlib.import_module(f"{package}.{module.name}")
