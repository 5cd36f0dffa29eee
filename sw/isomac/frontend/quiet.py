"""Keep back what third parties report that is no concern of a user of isomac."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_loggers(*names: str) -> Iterator[None]:
    """Silence the loggers of these names for a while."""
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


@contextlib.contextmanager
def quiet_export() -> Iterator[io.StringIO]:
    """Keep back what torch.export prints about a failure before it raises it.

    Yields
    ------
    io.StringIO
        What was written to stderr meanwhile.
    """
    kept = io.StringIO()
    loggers = (
        "torch.export",
        "torch._export",
        "torch._subclasses.fake_tensor",
        "torch.fx.experimental.symbolic_shapes",
    )
    with quiet_loggers(*loggers), contextlib.redirect_stderr(kept), warnings.catch_warnings():
        # PyTorch calls an interface of its own that it deprecated, when it copies a signature.
        warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)`", FutureWarning)
        yield kept
