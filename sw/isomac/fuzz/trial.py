"""One trial: a case on the simulated hardware, judged."""

from collections.abc import Callable
from dataclasses import dataclass

from isomac.errors import IsomacError
from isomac.fuzz.case import FuzzCase, cosim_case
from isomac.fuzz.shapes import FuzzShape
from isomac_cosim.batch import BatchSimulator
from isomac_cosim.batch_case import Case

#: Changes what the simulator is told; tests of the fuzzer itself plant faults with it.
Tamper = Callable[[Case], Case]


class TrialError(Exception):
    """Hardware, compiler and golden model do not agree; the message says where, a line each."""


@dataclass(frozen=True)
class Verdict:
    """What a trial without a fault has proven.

    `skipped` is the reason why the case does not fit the hardware, and empty if it does.
    """

    skipped: str = ""
    bytes: int = 0
    layers: int = 0
    cycles: int = 0
    inputs: int = 0


class Trial:
    """Judges cases on the hardware of a shape.

    Parameters
    ----------
    shape
        The hardware.
    simulator
        Its simulator, running.
    tamper
        Applied to every case on its way to the simulator.
    """

    def __init__(
        self, shape: FuzzShape, simulator: BatchSimulator, tamper: Tamper | None = None
    ) -> None:
        self.shape = shape
        self._simulator = simulator
        self._tamper = tamper

    def judge(self, case: FuzzCase) -> Verdict:
        """Compile, evaluate, simulate and compare a case.

        Raises
        ------
        TrialError
            If anything is not as predicted, or compiler or golden model stumble.
        """
        try:
            told = cosim_case(case, self.shape, case.graph.name)
        except IsomacError as error:
            return Verdict(skipped=str(error))
        except Exception as error:
            raise TrialError(
                f"compiler or golden model stumbled: {type(error).__name__}: {error}"
            ) from error
        if self._tamper is not None:
            told = self._tamper(told)
        result = self._simulator.run(told)
        if result.wrong:
            raise TrialError("\n".join(result.wrong))
        inputs = len(told.arrays["input"])
        return Verdict(
            bytes=result.bytes_compared,
            layers=inputs * len(told.manifest["layers"]),
            cycles=sum(result.tally.cycles),
            inputs=inputs,
        )
