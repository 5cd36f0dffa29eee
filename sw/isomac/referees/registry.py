"""Who can judge the golden model, what each of them needs, and what they judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from isomac.errors import IsomacError
from isomac.graph.graph import Graph
from isomac.importers.registry import Imported
from isomac.referees.result import Agreement

Bytes = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Case:
    """A network, test inputs, and what the golden model expects of them.

    Members
    -------
    name
        What messages call it.
    graph
        The integer graph.
    tensors
        int8 (N, *shape) for every tensor of the graph, its inputs among them.
    imported
        The model file that the graph came from; None for a network of PyTorch.
    """

    name: str
    graph: Graph
    tensors: Mapping[str, Bytes]
    imported: Imported | None = None


Judge = Callable[[Case], Agreement]


@dataclass(frozen=True)
class Referee:
    """A judge of the golden model that nobody here wrote.

    Members
    -------
    name
        As the command line has it.
    packages
        Python packages that it runs on, parts of `isomac[referees]`.
    formats
        Formats of model files that it can run, as `Imported.format` names them; empty if it needs
        nothing but the integer graph.
    judge
        Compares the referee's values with those of a case.
    """

    name: str
    packages: tuple[str, ...]
    formats: tuple[str, ...]
    judge: Judge

    def check(self, case: Case) -> None:
        """Require that this referee can judge a case.

        Raises
        ------
        IsomacError
            If a package is not installed, or the case has no model file that it can run.
        """
        missing = [package for package in self.packages if find_spec(package) is None]
        if missing:
            raise IsomacError(
                f"the referee {self.name} needs {missing[0]}: pip install 'isomac[referees]'"
            )
        if not self.formats:
            return
        wanted = " or ".join(self.formats)
        if case.imported is None:
            raise IsomacError(
                f"the referee {self.name} runs {wanted} files, and {case.name} holds no model file"
            )
        if case.imported.format not in self.formats:
            raise IsomacError(
                f"the referee {self.name} runs {wanted} files, and {case.name} came from"
                f" {case.imported.format}"
            )

    def agreement(self, case: Case) -> Agreement:
        """Judge a case that was checked; if the judge cannot run it, nothing was judged."""
        try:
            return self.judge(case)
        except IsomacError as error:
            return Agreement(self.name, "", 0, 0, 0, (str(error),))


#: The referee of each name, filled as the modules of the package are imported.
_REGISTRY: dict[str, Referee] = {}


def referee(
    name: str, *, packages: tuple[str, ...], formats: tuple[str, ...] = ()
) -> Callable[[Judge], Judge]:
    """Return a decorator that makes a function the judge of the referee `name`.

    Parameters
    ----------
    name, packages, formats
        See `Referee`.
    """

    def register(judge: Judge) -> Judge:
        if name in _REGISTRY:
            raise TypeError(f"there are two referees named {name}")
        _REGISTRY[name] = Referee(name, packages, formats, judge)
        return judge

    return register


def find_referee(name: str) -> Referee:
    """Return the referee `name`; raise `IsomacError` if there is none."""
    if name not in _REGISTRY:
        raise IsomacError(f"a referee must be one of {', '.join(referee_names())}, not {name!r}")
    return _REGISTRY[name]


def referee_names() -> list[str]:
    """Return the names of all referees, sorted."""
    return sorted(_REGISTRY)
