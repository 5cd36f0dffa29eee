"""Cases by number, and how a failing one is made small: both with hypothesis.

Hypothesis decodes the bytes of a seed into the choices of the generator. If the case fails, it
keeps the choices in a database, from which a second run takes and simplifies them.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase
from hypothesis.errors import Flaky

from isomac.fuzz.case import FuzzCase, draw_case
from isomac.fuzz.generator.draws import CallbackDraws
from isomac.fuzz.shapes import FuzzShape
from isomac.fuzz.trial import TrialError

#: Bytes for the choices of a case; a few thousand would do.
CHOICE_BYTES = 1 << 16

Judge = Callable[[FuzzCase], None]


def case_bytes(seed: int, number: int, attempt: int) -> bytes:
    """The bytes that stand for a case; the same on every machine."""
    return np.random.default_rng([seed, number, attempt]).bytes(CHOICE_BYTES)


@st.composite
def cases(draw: st.DrawFn, shape: FuzzShape) -> FuzzCase:
    """Cases for a shape."""
    return draw_case(CallbackDraws(lambda low, high: draw(st.integers(low, high))), shape)


class Property:
    """`judge` holds for every case of a shape, as a hypothesis test.

    Parameters
    ----------
    shape
        Whose cases are drawn.
    judge
        Raises `TrialError` where it does not hold.
    """

    def __init__(self, shape: FuzzShape, judge: Judge) -> None:
        self._failed: tuple[FuzzCase, TrialError] | None = None

        @settings(
            database=InMemoryExampleDatabase(),
            deadline=None,
            phases=(Phase.reuse, Phase.shrink),
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )
        @given(cases(shape))
        def holds(case: FuzzCase) -> None:
            try:
                judge(case)
            except TrialError as error:
                self._failed = case, error
                raise

        self._holds = holds
        test: Any = holds  # `given` adds the attribute
        self._one: Callable[[bytes], object] = test.hypothesis.fuzz_one_input

    def check(self, choices: bytes) -> None:
        """Judge the case that these bytes stand for.

        Raises
        ------
        TrialError
            If the property does not hold for it.
        """
        self._one(choices)

    def shrink(self) -> tuple[FuzzCase, TrialError]:
        """The smallest failing case found from the one that `check` has failed on, and its fault.

        Cases whose fault does not show again are left as they are.
        """
        with suppress(TrialError, Flaky):
            self._holds()
        assert self._failed is not None, "check must have failed before"
        return self._failed
