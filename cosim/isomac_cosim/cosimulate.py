"""`cosimulate`: prove that the accelerator of a bundle computes every expected byte."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from isomac_cosim.build import build_simulator
from isomac_cosim.bundle import REPORTS, Bundle, open_bundle
from isomac_cosim.errors import CosimError
from isomac_cosim.job import Job
from isomac_cosim.report import Report, Wave, make_report
from isomac_cosim.run import run_job
from isomac_cosim.tally import Tally
from isomac_cosim.toolchain import tool_versions

#: Where the report goes, within the bundle.
REPORT = f"{REPORTS}/cosim.json"

MODES = ("fast", "cycle")
LOADS = ("image", "port")


def cosimulate(
    bundle: str | Path,
    inputs: int | None = None,
    *,
    mode: str = "fast",
    seed: int = 0,
    stall: float = 0.5,
    load: str = "image",
    wave: bool = False,
    progress: bool = True,
    build_root: Path | None = None,
    verify_files: bool = True,
) -> Report:
    """Simulate a bundle on its test vectors and compare every byte with the expected one.

    The report is also written to `BUNDLE/reports/cosim.json`, and the output words of the
    accelerator, int8 (N, words, M), to `BUNDLE/reports/outputs.npy`.

    Parameters
    ----------
    bundle: the folder.
    inputs: how many of the bundle's inputs to run, from the first on; None runs all.
    mode: "fast" clocks in bursts, streams never stall; "cycle" drives every cycle from Python and
        stalls both streams at random.
    seed: of the stalls, at least 0.
    stall: probability of a stall in each cycle, from 0 to below 1, in mode "cycle".
    load: "image" initializes the memories from the images; "port" fills those of a programmable
        core through its load port.
    wave: run the first wrong input, or else the first, once more and write a waveform of it.
    progress: show a progress bar on standard error if that is a terminal.
    build_root: folder of the cache of built simulators.
    verify_files: check the files of the bundle against the manifest's hashes.

    Raises
    ------
    CosimError
        If the bundle or an option cannot be used, a tool is missing, or the simulator itself fails.
    """
    begin = time.perf_counter()
    opened = open_bundle(Path(bundle), verify_files=verify_files)
    job = _job(opened, inputs, mode, seed, stall, load)
    with _progress_bar(progress, "building", None):
        executable = build_simulator(opened, build_root=build_root)
    build_seconds = time.perf_counter() - begin
    with _progress_bar(progress, "simulating", job.stop) as report_progress:
        tally = run_job(opened, executable, job, progress=report_progress)
    written = _write_wave(opened, job, tally, progress, build_root) if wave else None
    report = make_report(
        opened,
        job,
        tally,
        wave=written,
        build_seconds=build_seconds,
        wall_seconds=time.perf_counter() - begin,
        tools=tool_versions(),
    )
    report.save(opened.report("cosim.json"))
    return report


def _job(bundle: Bundle, inputs: int | None, mode: str, seed: int, stall: float, load: str) -> Job:
    """Check the options and make a job of them."""
    if mode not in MODES:
        raise CosimError(f"mode must be one of {', '.join(MODES)}, not {mode!r}.")
    if load not in LOADS:
        raise CosimError(f"load must be one of {', '.join(LOADS)}, not {load!r}.")
    if load == "port" and bundle.manifest.mode != "programmable":
        raise CosimError("Only a programmable accelerator has a load port; this one is fixed.")
    if seed < 0:
        raise CosimError(f"seed must be at least 0, not {seed}.")
    if not 0 <= stall < 1:
        raise CosimError(f"stall must be at least 0 and below 1, not {stall}.")
    count = bundle.inputs if inputs is None else inputs
    if count < 1:
        raise CosimError(f"At least 1 input must be run, not {count}.")
    if count > bundle.inputs:
        raise CosimError(f"{count} inputs were asked for, but the bundle holds {bundle.inputs}.")
    return Job(
        bundle=str(bundle.folder),
        start=0,
        stop=count,
        mode=mode,
        seed=seed,
        stall=stall if mode == "cycle" else 0.0,
        load=load == "port",
    )


def _write_wave(
    bundle: Bundle, job: Job, tally: Tally, progress: bool, build_root: Path | None
) -> Wave:
    """Run one input alone, in a simulator that writes a waveform."""
    faulty = tally.first is not None or bool(tally.failures)
    image = job.start
    if tally.first is not None:
        image = tally.first.input
    elif tally.failures and tally.inputs < job.stop:
        image = tally.inputs  # the one that did not come to its end
    with _progress_bar(progress, "building with waveforms", None):
        executable = build_simulator(bundle, trace=True, build_root=build_root)
    path = bundle.report("cosim.fst")
    with _progress_bar(progress, f"writing {path.name}", None):
        again = run_job(bundle, executable, replace(job, start=image, stop=image + 1), wave=path)
    reproduced = (again.first is not None or bool(again.failures)) if faulty else None
    return Wave(path, image, reproduced)


@contextmanager
def _progress_bar(
    wanted: bool, what: str, total: int | None
) -> Iterator[Callable[[int], None] | None]:
    """A bar on a terminal; yields how to advance it, or None where there is none."""
    console = Console(stderr=True)
    if not (wanted and console.is_terminal):
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn())
    counted = (MofNCompleteColumn(), TimeRemainingColumn()) if total is not None else ()
    with Progress(*columns, *counted, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
