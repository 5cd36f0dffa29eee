"""The image memories of a core: which there are, what is in them, and how they are filled."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from amaranth.hdl import Module

from isomac_hw.image_memory import ImageMemory
from isomac_hw.load_port import LoadPort, LoadTarget
from isomac_hw.lookup import ENTRIES
from isomac_hw.output_stage import OutputStage
from isomac_hw.parameters import AcceleratorParameters


@dataclass(frozen=True)
class Images:
    """Contents of the image memories, row by row as unsigned integers.

    For the Amaranth simulator only: in Verilog the same contents come from ``<name>.hex``.
    """

    program: Sequence[int] = ()
    weights: Sequence[int] = ()
    requant: Sequence[int] = ()
    table: Sequence[int] = field(default=())
    lookup: Sequence[int] = field(default=())


def memory_targets(parameters: AcceleratorParameters) -> list[LoadTarget]:
    """The image memories of a core, in the order of their load index."""
    p = parameters
    targets = [
        LoadTarget("program", p.job_layout.width, p.program_depth),
        LoadTarget("weights", 8 * p.channel_lanes, p.weight_depth),
        LoadTarget("requant", p.requant_row_bits, p.requant_depth),
    ]
    if p.has("lookup"):
        targets.append(LoadTarget("lookup", 8, ENTRIES * p.lookup_tables))
    if p.softmax is not None:
        targets.append(LoadTarget("table", p.softmax.table_bits, 256))
    return targets


def image_memories(
    m: Module, parameters: AcceleratorParameters, images: Images
) -> dict[str, ImageMemory]:
    """Make the image memories, by name, but for those that are inside of the output stage."""
    memories = {}
    for target in memory_targets(parameters):
        if target.name == "lookup":
            continue
        memories[target.name] = m.submodules[f"{target.name}_memory"] = ImageMemory(
            width=target.width,
            depth=target.depth,
            image=f"{target.name}.hex",
            init=getattr(images, target.name),
            loadable=parameters.mode == "programmable",
        )
    return memories


def connect_load(
    m: Module,
    parameters: AcceleratorParameters,
    port: LoadPort,
    memories: dict[str, ImageMemory],
    output: OutputStage,
) -> None:
    """Let the load port write the memories, and the tables inside of the output stage."""
    for index, target in enumerate(memory_targets(parameters)):
        if target.name == "lookup":
            m.d.comb += [
                output.lookup_write_enable.eq(port.write_enable[index]),
                output.lookup_write_address.eq(port.write_address),
                output.lookup_write_data.eq(port.write_data),
            ]
            continue
        memory = memories[target.name]
        m.d.comb += [
            memory.write_enable.eq(port.write_enable[index]),
            memory.write_address.eq(port.write_address),
            memory.write_data.eq(port.write_data),
        ]
