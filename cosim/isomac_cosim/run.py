"""Runs one simulator process: a fresh folder with images and job, and the tally afterwards."""

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cocotb_tools.check_results import get_results

from isomac_cosim.bundle import Bundle
from isomac_cosim.errors import CosimError
from isomac_cosim.images import place_images
from isomac_cosim.job import VARIABLE, Job, outputs_path, progress_path, tally_path
from isomac_cosim.runner import SimulatorRunner
from isomac_cosim.tally import Tally

#: Seconds between two looks at the progress of the simulator process.
POLL_SECONDS = 0.1


def run_job(
    bundle: Bundle,
    executable: Path,
    job: Job,
    *,
    wave: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> Tally:
    """Simulate and return what the simulator process has counted.

    The output words go to `reports/outputs.npy` of the bundle, unless a waveform is wanted.

    Parameters
    ----------
    bundle: whose images initialize the memories.
    executable: the simulator.
    job: what it has to do.
    wave: where to write a waveform; the simulator must have been built for it.
    progress: called now and then, from another thread, with the number of inputs done.

    Raises
    ------
    CosimError
        If the simulator or the bench in it failed, which says nothing about the accelerator.
    """
    with tempfile.TemporaryDirectory(prefix="isomac-cosim-") as folder:
        run = Path(folder)
        place_images(bundle, run, blank=job.load)
        environment = {VARIABLE: str(job.save(run)), "PYTHONWARNINGS": "error"}
        arguments = [] if wave is None else ["--wave", str(wave)]
        runner = SimulatorRunner(trace=wave is not None)
        failure = ""
        with _watch(progress_path(run), progress):
            try:
                runner.simulate(executable, "isomac_cosim.bench.prove", run, environment, arguments)
            except (RuntimeError, SystemExit) as error:
                failure = str(error)
        _require_success(run, failure)
        if wave is None and outputs_path(run).is_file():
            shutil.copyfile(outputs_path(run), bundle.report("outputs.npy"))
        return Tally.load(tally_path(run))


def _require_success(run: Path, failure: str) -> None:
    """Raise CosimError unless cocotb reports that the bench ran and did not fail."""
    try:
        tests, failed = get_results(run / "results.xml")
    except RuntimeError:
        tests, failed = 0, 0
        failure = failure or "it left no results"
    if tests == 1 and failed == 0 and not failure and tally_path(run).is_file():
        return
    log = run / "simulator.log"
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    tail = "\n".join(text.splitlines()[-25:])
    reason = failure or f"{failed} of {tests} benches failed"
    raise CosimError(f"The simulator did not run properly ({reason}). The end of its log:\n{tail}")


@contextmanager
def _watch(path: Path, progress: Callable[[int], None] | None) -> Iterator[None]:
    """Report the number that the simulator process keeps in a file, until the block ends."""
    if progress is None:
        yield
        return
    ended = threading.Event()

    def poll() -> None:
        while not ended.wait(POLL_SECONDS):
            text = path.read_text(encoding="ascii") if path.exists() else ""
            if text.isdecimal():  # empty while it is being written
                progress(int(text))

    watcher = threading.Thread(target=poll, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
