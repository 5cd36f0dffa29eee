"""The errors a user of co-simulation sees."""


class CosimError(ValueError):
    """A bundle, an option or the tools on this machine do not allow a proof.

    The message is one sentence. A difference between hardware and golden model is no error but a
    result: it is in the report.
    """
