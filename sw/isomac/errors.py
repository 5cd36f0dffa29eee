"""The errors a user of isomac sees."""

from collections.abc import Sequence


class IsomacError(ValueError):
    """What the user gave cannot be used; the message is one sentence that says what and why.

    The command line prints the sentence and ends with exit status 2. Every other exception is a
    fault of isomac itself.
    """


class UnsupportedError(IsomacError):
    """A network is intact, but holds what is not supported.

    Parameters
    ----------
    problems
        A sentence about each thing that is not supported, at least one.
    summary
        The message; the first of the problems if None, with the number of the others.
    """

    def __init__(self, problems: Sequence[str], summary: str | None = None) -> None:
        if summary is None:
            others = len(problems) - 1
            more = f" (and {others} more, which `isomac inspect` lists)" if others else ""
            summary = f"{problems[0]}{more}"
        super().__init__(summary)
        self.problems = tuple(problems)


class GraphError(IsomacError):
    """A rule of the integer graph is broken, see `isomac.graph.verify`."""
