"""The report of a co-simulation, and its file."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from isomac_cosim.bundle import Bundle
from isomac_cosim.job import Job
from isomac_cosim.tally import Mismatch, Tally


@dataclass(frozen=True)
class LayerReport:
    """One layer: `macs` and `cycles` are of one input, `mismatches` are bytes over all inputs.

    `cycles` is None if no input reached the end of the layer; `utilization` is the share of the
    multipliers' cycles that did useful work.
    """

    name: str
    operation: str
    macs: int
    cycles: int | None
    predicted_cycles: int
    cycles_exact: bool
    utilization: float
    bytes_compared: int
    mismatches: int


@dataclass(frozen=True)
class Report:
    """What a co-simulation has found.

    Parameters
    ----------
    network: name of the network.
    mode, seed, stall, load: how it was run.
    inputs_requested, inputs: how many inputs were to be run, and how many came to their end.
    bytes_compared, mismatches: over all inputs, all layers and the output.
    bit_exact: at least one input was run and all that were requested came to their end, every byte
        is equal, every word of a layer was written once and nothing was written beside, and the
        core reported no error.
    cycles_exact: all cycle counts equal the prediction. With stalled streams this concerns the
        layers between arrival and departure.
    cycles, predicted_cycles: of each input.
    macs, multipliers: multiply-accumulates of an input, and multipliers of the core.
    utilization: macs / (cycles * multipliers), over all inputs.
    back_to_back_cycles: from the end of an inference to that of the next when the next input
        arrives behind the work on this one; None where the core does not do that.
    layers: in the order of execution.
    first_mismatch: the first wrong byte.
    failures: what is wrong besides bytes, in sentences.
    cycle_differences: where the counters differ from the prediction, in sentences.
    simulated_cycles: of all inferences.
    simulated_cycles_per_second: without and with the time that the comparison takes.
    build_seconds, wall_seconds: of the build, and of everything.
    wave: path of the waveform, from the folder of the bundle on.
    wave_input: the input that it shows.
    wave_reproduced: whether the fault showed again when that input was run alone.
    tools: names and versions.
    referees: what judges of the expected bytes found, who need not know of the hardware: an object
        each, added by the caller who asked them.
    interface: that of the accelerator, through which everything went.
    """

    network: str
    mode: str
    seed: int
    stall: float
    load: str
    inputs_requested: int
    inputs: int
    bytes_compared: int
    mismatches: int
    bit_exact: bool
    cycles_exact: bool
    cycles: tuple[int, ...]
    predicted_cycles: tuple[int, ...]
    macs: int
    multipliers: int
    utilization: float
    back_to_back_cycles: float | None
    layers: tuple[LayerReport, ...]
    first_mismatch: Mismatch | None
    failures: tuple[str, ...]
    cycle_differences: tuple[str, ...]
    simulated_cycles: int
    simulated_cycles_per_second: float
    compared_cycles_per_second: float
    build_seconds: float
    wall_seconds: float
    wave: str | None
    wave_input: int | None
    wave_reproduced: bool | None
    tools: dict[str, str]
    referees: tuple[dict[str, Any], ...] = ()
    interface: str = "stream"

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready data."""
        return asdict(self)

    def save(self, path: Path) -> None:
        """Write the report as JSON; the folder is made if need be."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Wave:
    """A waveform that was written: its file, the input it shows, whether the fault showed again."""

    path: Path
    input: int
    reproduced: bool | None


def make_report(
    bundle: Bundle,
    job: Job,
    tally: Tally,
    *,
    wave: Wave | None,
    build_seconds: float,
    wall_seconds: float,
    tools: dict[str, str],
) -> Report:
    """Draw the conclusions from a tally."""
    manifest = bundle.manifest
    requested = job.stop - job.start
    mismatches = sum(entry.mismatches for entry in tally.layers)
    complete = tally.inputs == requested >= 1
    return Report(
        network=manifest.network,
        back_to_back_cycles=tally.back_to_back_cycles,
        mode=job.mode,
        seed=job.seed,
        stall=job.stall,
        load="port" if job.load else "image",
        inputs_requested=requested,
        inputs=tally.inputs,
        bytes_compared=sum(entry.compared for entry in tally.layers),
        mismatches=mismatches,
        bit_exact=complete and mismatches == 0 and not tally.failures,
        cycles_exact=complete and not tally.cycle_differences,
        cycles=tuple(tally.cycles),
        predicted_cycles=(manifest.predicted_cycles,) * tally.inputs,
        macs=manifest.macs,
        multipliers=manifest.multipliers,
        utilization=_utilization(
            manifest.macs * tally.inputs, sum(tally.cycles), manifest.multipliers
        ),
        layers=_layer_reports(bundle, tally),
        first_mismatch=tally.first,
        failures=tuple(tally.failures),
        cycle_differences=tuple(tally.cycle_differences),
        simulated_cycles=tally.clocks,
        simulated_cycles_per_second=_rate(tally.clocks, tally.simulation_seconds),
        compared_cycles_per_second=_rate(tally.clocks, tally.total_seconds),
        build_seconds=build_seconds,
        wall_seconds=wall_seconds,
        wave=None if wave is None else wave.path.relative_to(bundle.folder).as_posix(),
        wave_input=None if wave is None else wave.input,
        wave_reproduced=None if wave is None else wave.reproduced,
        tools={**tools, "compiler": tally.compiler},
        interface=manifest.interface,
    )


def _layer_reports(bundle: Bundle, tally: Tally) -> tuple[LayerReport, ...]:
    multipliers = bundle.manifest.multipliers
    return tuple(
        LayerReport(
            name=layer.name,
            operation=layer.operation,
            macs=layer.macs,
            cycles=entry.cycles,
            predicted_cycles=layer.predicted_cycles,
            cycles_exact=entry.cycles is not None and not entry.cycles_differ,
            utilization=_utilization(layer.macs, entry.cycles or 0, multipliers),
            bytes_compared=entry.compared,
            mismatches=entry.mismatches,
        )
        for layer, entry in zip(bundle.manifest.layers, tally.layers, strict=True)
    )


def _utilization(macs: int, cycles: int, multipliers: int) -> float:
    return macs / (cycles * multipliers) if cycles else 0.0


def _rate(clocks: int, seconds: float) -> float:
    return clocks / seconds if seconds > 0 else 0.0
