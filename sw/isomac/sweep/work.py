"""Doing one point, in a process of the cluster."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from isomac.bundle.build import build
from isomac.errors import IsomacError
from isomac.resources.memories import constant_bits_of
from isomac.sweep.networks import graph_of, sweep_networks
from isomac.sweep.outcome import Known, Unmade
from isomac.sweep.point import Accelerator, Point
from isomac.sweep.table import Row, described
from isomac.synth import synthesize
from isomac.synth.harness import TOP, harness
from isomac.synth.run import tool_version
from isomac.synth.scripts import NETLIST, place_arguments, synthesis_script
from isomac.targets import Target, target
from isomac_cosim.bundle import open_bundle
from isomac_cosim.errors import CosimError
from isomac_hw.load_port import LOAD_BITS

#: The cell of carry chains in each family.
_CARRY = {"ecp5": "CCU2C", "ice40": "SB_CARRY", "gowin": "ALU", "xc7": "CARRY4"}
#: Of the accelerators that this process has made: their Verilog and images, in short.
_DIGESTS: dict[Accelerator, str] = {}


def run_point(point: Point, finished: Collection[str]) -> Row | Known | Unmade:
    """Do a point, unless its key is among those that are `finished`."""
    try:
        # A folder of its own: another process may have begun with the point and been killed.
        with tempfile.TemporaryDirectory(prefix="isomac-sweep-") as folder:
            return _run(point, finished, Path(folder))
    except (IsomacError, CosimError) as error:
        return Unmade(point.name, str(error))


def _run(point: Point, finished: Collection[str], folder: Path) -> Row | Known:
    device = target(point.target)
    digest = _DIGESTS.get(point.accelerator)
    if digest is not None and _key(point, device, digest) in finished:
        return Known(point.name)
    # The figures do not depend on the values of the test input.
    graph, network = graph_of(point.accelerator.network), sweep_networks()
    bundle = build(
        graph,
        folder / "bundle",
        network[point.accelerator.network].test_inputs(1).numpy(),
        point.accelerator.constraints,
        mode=point.accelerator.mode,
        overlap_input=point.accelerator.overlap_input,
    )
    opened = open_bundle(bundle.path)
    images = sorted(memory.file for memory in opened.manifest.memories)
    digest = _digest(
        *((bundle.path / name).read_text("utf-8") for name in (opened.manifest.verilog, *images))
    )
    _DIGESTS[point.accelerator] = digest
    key = _key(point, device, digest)
    if key in finished:
        return Known(point.name)
    files = folder / "synth"
    files.mkdir()
    result = synthesize(opened, device, files, seed=point.seed, place=point.place)
    kinds = _cell_types(files / NETLIST)
    p = bundle.program.parameters
    parameters, layout = described(p)
    used = {name: use.used for name, use in result.resources.items()}
    return Row(
        name=point.name,
        network=point.accelerator.network,
        target=point.target,
        mode=p.mode,
        tile=f"{p.tile_rows}x{p.tile_columns}",
        channel_lanes=p.channel_lanes,
        requant_lanes=p.requant_lanes,
        banks=p.banks,
        multipliers=p.multipliers,
        seed=point.seed,
        placed=result.placed,
        lut=used["lut"],
        ff=used["ff"],
        dsp=used["dsp"],
        bram=used["bram"],
        lut_synthesized=sum(
            count * device.resources["lut"].units(kind) for kind, count in kinds.items()
        ),
        carry=kinds[_CARRY[device.family]],
        fmax=result.fmax,
        seconds=round(sum(result.seconds.values()), 1),
        tools=" ".join(f"{name} {version}" for name, version in result.tools.items()),
        constant_bits=json.dumps(constant_bits_of(p, bundle.program.images), separators=(",", ":")),
        parameters=parameters,
        layout=layout,
        key=key,
    )


def _digest(*texts: str) -> str:
    """Stands for the hardware, its Verilog and what its ROMs hold: comments do not count."""
    lines = (line for text in texts for line in text.splitlines() if not line.startswith("//"))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _key(point: Point, device: Target, digest: str) -> str:
    """Stands for everything that decides the figures."""
    script = synthesis_script(device, "accelerator.v")
    accelerator = point.accelerator
    load_bits = LOAD_BITS if accelerator.mode == "programmable" else None
    given = [
        digest,
        script,
        harness("accelerator", accelerator.channel_lanes, load_bits),
        f"yosys {tool_version('yosys')}",
    ]
    place = device.place_and_route
    if point.place and place is not None:
        given += place_arguments(device, float(device.frequency), point.seed)
        given.append(f"{place.tool} {tool_version(place.tool)}")
    return hashlib.sha256(json.dumps(given).encode()).hexdigest()[:16]


def _cell_types(netlist: Path) -> Counter[str]:
    """How many cells of each type a netlist has."""
    cells = json.loads(netlist.read_text(encoding="utf-8"))["modules"][TOP]["cells"]
    return Counter(cell["type"] for cell in cells.values())
