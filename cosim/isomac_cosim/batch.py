"""Batch co-simulation: many programs, one after the other, in one simulator process.

The hardware is the bundle of a programmable accelerator. A case brings program and constants
through the load port; the memories keep what earlier cases have left in them.
"""

import socket
import tempfile
import threading
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from isomac_cosim.batch_case import SOCKET, Case, CaseResult, tally_from_bytes
from isomac_cosim.build import build_simulator
from isomac_cosim.bundle import Bundle, open_bundle
from isomac_cosim.errors import CosimError
from isomac_cosim.images import place_images
from isomac_cosim.runner import SimulatorRunner

#: Seconds between two looks at whether the simulator process is still alive.
POLL_SECONDS = 0.2


def run_batch(
    hardware: Path, cases: Iterable[Case], *, build_root: Path | None = None
) -> Iterator[CaseResult]:
    """Run cases on the programmable accelerator of a bundle and yield what came of each.

    Parameters
    ----------
    hardware: the bundle.
    cases: compiled for just this hardware.
    build_root: folder of the cache of built simulators.

    Raises
    ------
    CosimError
        If the bundle or a case cannot be used, or the simulator itself fails.
    """
    with open_batch(hardware, build_root=build_root) as simulator:
        for case in cases:
            yield simulator.run(case)


def open_batch(hardware: Path, *, build_root: Path | None = None) -> "BatchSimulator":
    """A simulator for cases on the programmable accelerator of a bundle; `with` starts it.

    Raises
    ------
    CosimError
        If the bundle cannot be used or does not build.
    """
    bundle = open_bundle(hardware)
    if bundle.manifest.mode != "programmable":
        raise CosimError("Only a programmable accelerator runs other programs; this one is fixed.")
    return BatchSimulator(bundle, build_simulator(bundle, build_root=build_root))


class BatchSimulator:
    """A simulator process that waits for cases.

    Parameters
    ----------
    bundle: of the programmable accelerator.
    executable: its simulator.
    """

    def __init__(self, bundle: Bundle, executable: Path) -> None:
        self._bundle = bundle
        self._executable = executable

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="isomac-batch-")
        self._run = Path(self._folder.name)
        place_images(self._bundle, self._run, blank=True)
        self._failure = "it ended too early"
        self._process = threading.Thread(target=self._simulate, daemon=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self._run / "socket"))
            listener.listen(1)
            listener.settimeout(POLL_SECONDS)
            self._process.start()
            accepted = self._accept(listener)
        accepted.setblocking(True)
        self._connection = Connection(accepted.detach())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._process.join()
        self._folder.cleanup()

    def run(self, case: Case) -> CaseResult:
        """Run one case, from a reset on.

        Raises
        ------
        CosimError
            If the case contradicts itself, or the simulator itself fails.
        """
        try:
            self._connection.send_bytes(case.to_bytes())
            answer = self._connection.recv_bytes()
        except (EOFError, OSError):
            raise self._complaint() from None
        return CaseResult.of(case, tally_from_bytes(answer))

    def _accept(self, listener: socket.socket) -> socket.socket:
        """Wait for the simulator process, as long as it lives."""
        while True:
            try:
                return listener.accept()[0]
            except TimeoutError:
                if not self._process.is_alive():
                    error = self._complaint()
                    self._folder.cleanup()
                    raise error from None

    def _simulate(self) -> None:
        """Run the simulator process to its end; in a thread of its own."""
        environment = {SOCKET: str(self._run / "socket"), "PYTHONWARNINGS": "error"}
        runner = SimulatorRunner(trace=False)
        try:
            runner.simulate(
                self._executable, "isomac_cosim.bench.serve", self._run, environment, []
            )
        except (RuntimeError, SystemExit) as error:
            self._failure = str(error)

    def _complaint(self) -> CosimError:
        self._process.join()
        log = self._run / "simulator.log"
        text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        tail = "\n".join(text.splitlines()[-25:])
        return CosimError(
            f"The simulator did not run properly ({self._failure}). The end of its log:\n{tail}"
        )
