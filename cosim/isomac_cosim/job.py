"""The order that a parent gives to the simulator process, and the files they share."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

#: Environment variable with the path of the job.
VARIABLE = "ISOMAC_COSIM_JOB"


@dataclass(frozen=True)
class Job:
    """What to run.

    Parameters
    ----------
    bundle: folder of the bundle.
    start, stop: inputs to run.
    mode: "fast" or "cycle".
    seed: of the stalls.
    stall: probability of a stall in each cycle, of each stream, in mode "cycle".
    load: fill the memories through the load port.
    """

    bundle: str
    start: int
    stop: int
    mode: str
    seed: int
    stall: float
    load: bool

    def save(self, folder: Path) -> Path:
        """Write the job into a run folder and return its path."""
        path = folder / "job.json"
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")
        return path


def read_job() -> tuple[Job, Path]:
    """The job of this simulator process and the run folder for its results."""
    path = Path(os.environ[VARIABLE])
    return Job(**json.loads(path.read_text(encoding="utf-8"))), path.parent


def tally_path(run: Path) -> Path:
    """Where the simulator process leaves its tally."""
    return run / "tally.json"


def outputs_path(run: Path) -> Path:
    """Where the simulator process leaves the output words: int8 (N, words, M)."""
    return run / "outputs.npy"


def progress_path(run: Path) -> Path:
    """Where the simulator process notes how many inputs are done: a decimal number."""
    return run / "progress"
