"""The errors a user of isomac sees."""


class IsomacError(ValueError):
    """What the user gave cannot be used; the message is one sentence that says what and why.

    The command line prints the sentence and ends with exit status 2. Every other exception is a
    fault of isomac itself.
    """


class GraphError(IsomacError):
    """A rule of the integer graph is broken, see `isomac.graph.verify`."""
