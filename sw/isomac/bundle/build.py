"""Building a bundle from an integer graph."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from amaranth.lib.wiring import Component

from isomac.bundle.driver import driver_files
from isomac.bundle.folder import sha256, written_folder
from isomac.bundle.manifest import manifest
from isomac.bundle.model_file import write_model
from isomac.bundle.vectors import vectors
from isomac.compile.compiler import compile_for, compile_graph
from isomac.compile.program import Program
from isomac.compile.reasons import reasons
from isomac.compile.search import Choice, Constraints, choose_shape
from isomac.errors import IsomacError
from isomac.golden.borders import quantize_input
from isomac.graph.file import save
from isomac.graph.graph import Graph
from isomac.graph.verify import verify
from isomac.importers.registry import Imported
from isomac_hw.core_memories import memory_targets
from isomac_hw.interfaces.control import StreamWords
from isomac_hw.interfaces.top import top_level
from isomac_hw.parameters import AcceleratorParameters
from isomac_hw.verilog import to_verilog

#: File by which a bundle is known.
MANIFEST = "manifest.json"
#: Earliest date that a zip archive can hold: the same input gives the same bytes.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Bundle:
    """A bundle that was written.

    Members
    -------
    path
        The folder.
    program
        What it runs.
    choice
        How the shape was found; None where it was given.
    reasons
        Value and reason of each parameter, by name.
    """

    path: Path
    program: Program
    choice: Choice | None
    reasons: dict[str, tuple[str, str]]


def plan(
    graph: Graph,
    constraints: Constraints | None = None,
    *,
    mode: str = "fixed",
    overlap_input: bool = False,
    hardware: AcceleratorParameters | None = None,
) -> tuple[Program, Choice | None]:
    """Choose a shape and compile, without writing anything.

    Parameters
    ----------
    graph
        Verified here.
    constraints
        Budget and what is fixed of the shape.
    mode
        "fixed" or "programmable".
    overlap_input
        Let the next input arrive while the array works on this one, in memory of its own.
    hardware
        Compile for this programmable accelerator instead of deriving one.

    Raises
    ------
    IsomacError
        If the graph is refused, or nothing fits.
    """
    verify(graph)
    if hardware is not None:
        return compile_for(graph, hardware), None
    choice = choose_shape(graph, constraints or Constraints())
    program = compile_graph(graph, choice.shape, mode=mode, overlap_input=overlap_input)
    return program, choice


def build(
    graph: Graph,
    folder: str | Path,
    inputs: npt.ArrayLike | Mapping[str, npt.ArrayLike],
    constraints: Constraints | None = None,
    *,
    mode: str = "fixed",
    overlap_input: bool = False,
    hardware: AcceleratorParameters | None = None,
    interface: str = "stream",
    imported: Imported | None = None,
) -> Bundle:
    """Write a bundle: Verilog, images, manifest, graph and test vectors.

    Parameters
    ----------
    graph, constraints, mode, overlap_input, hardware
        See `plan`.
    folder
        Where; an older bundle there is replaced once the new one is complete.
    inputs
        Test inputs (N, *shape), for a graph with several inputs by name. int8 arrays are taken as
        they are, others are quantized as the network's input is.
    interface
        One of `isomac_hw.interfaces.ports.INTERFACES`. With `hardware`, that of the hardware.
    imported
        The model file that the graph came from, which is put into the bundle: what judges the
        network from outside runs it.

    Raises
    ------
    IsomacError
        If the graph, the inputs or the folder are refused. Nothing is left behind then.
    """
    program, choice = plan(
        graph, constraints, mode=mode, overlap_input=overlap_input, hardware=hardware
    )
    arrays = vectors(program, _int8_inputs(graph, inputs))
    why = reasons(program, choice)
    with written_folder(Path(folder), MANIFEST) as fresh:
        generator = f"isomac {version('isomac')}"
        header = _header(program, generator, interface)
        verilog = to_verilog(_top_level(program, interface), "accelerator", header)
        (fresh / "accelerator.v").write_text(verilog, encoding="utf-8")
        for name, text in _images(program).items():
            (fresh / name).write_text(text, encoding="ascii")
        save(graph, fresh / "graph.isomac")
        (fresh / "vectors.npz").write_bytes(_npz(arrays))
        for name, text in driver_files(program, interface).items():
            (fresh / name).write_text(text, encoding="ascii")
        model = None if imported is None else write_model(imported, fresh)
        files = {path.name: sha256(path) for path in sorted(fresh.iterdir())}
        data = manifest(
            program,
            generator=generator,
            reasons=why,
            files=files,
            interface=interface,
            model=model,
        )
        (fresh / MANIFEST).write_text(json.dumps(data, indent=1) + "\n", encoding="ascii")
    return Bundle(Path(folder), program, choice, why)


def _int8_inputs(
    graph: Graph, inputs: npt.ArrayLike | Mapping[str, npt.ArrayLike]
) -> dict[str, npt.NDArray[np.int8]]:
    """Inputs by name as int8.

    Raises
    ------
    IsomacError
        If a name or a shape is wrong, or the numbers of inputs differ.
    """
    if not isinstance(inputs, Mapping):
        if len(graph.inputs) != 1:
            raise IsomacError(f"{graph} has inputs {', '.join(graph.inputs)}; give them by name")
        inputs = {graph.inputs[0]: inputs}
    if set(inputs) != set(graph.inputs):
        raise IsomacError(
            f"{graph} has inputs {', '.join(graph.inputs)}, not {', '.join(map(str, inputs))}"
        )
    out: dict[str, npt.NDArray[np.int8]] = {}
    for name in graph.inputs:
        values = np.asarray(inputs[name])
        if values.dtype != np.int8:
            values = quantize_input(graph, values, name).numpy()
        shape = graph.tensor(name).shape
        if values.shape[1:] != shape:
            raise IsomacError(
                f"inputs {name!r} must have shape (N, {', '.join(map(str, shape))}), "
                f"not {values.shape}"
            )
        out[name] = values
    if len({len(values) for values in out.values()}) != 1:
        raise IsomacError("all inputs must hold the same number of samples")
    return out


def _top_level(program: Program, interface: str) -> Component:
    """The top level around the program's accelerator.

    Raises
    ------
    IsomacError
        If there is no such interface, or the accelerator cannot have it.
    """
    try:
        words = StreamWords(program.input_words, program.output_words)
        return top_level(program.parameters, interface, words)
    except ValueError as error:
        raise IsomacError(str(error)) from error


def _header(program: Program, generator: str, interface: str) -> str:
    """Comment lines for the top of the Verilog."""
    p, graph = program.parameters, program.graph
    # Nothing that a tool might take for more than a comment.
    name = re.sub(r"[^\w .,:;()+=-]", "_", graph.name)
    targets = memory_targets(p)
    rows = [("activations", p.activation_depth, 8 * p.channel_lanes)]
    rows += [(target.name, max(2, target.depth), target.width) for target in targets]
    memories = ", ".join(f"{memory} {depth} x {width}" for memory, depth, width in rows)
    strides = ", ".join(map(str, p.strides))
    lines = [
        f"Generated by {generator}. Apache-2.0.",
        f"Network: {name}, {graph.macs} multiply-accumulates, sha256 {graph.sha256}",
        f"Mode: {p.mode}. Features: {', '.join(p.features)}.",
        f"Pixel lanes: {p.tile_rows} x {p.tile_columns}. Channel lanes: {p.channel_lanes}.",
        f"Requantization lanes: {p.requant_lanes}. Banks: {p.banks}.",
        f"Window: {p.tile_rows} x {p.window_columns} words. Horizontal strides: {strides}.",
        f"Accumulator: {p.accumulator_bits} bits. Bias: {p.bias_bits}, with the sum {p.sum_bits}.",
        f"Multiplier: {p.multiplier_bits} bits. Shift: {p.shift_bits}, from {p.shift_min} on.",
        f"Memories, rows x bits: {memories}.",
        f"Images in the working folder: {', '.join(f'{t.name}.hex' for t in targets)}.",
    ]
    if interface != "stream":
        lines.append(f"Interface: {interface}. The registers are in isomac_registers.h.")
    return "\n".join(lines)


def _images(program: Program) -> dict[str, str]:
    """The image files: a line of hexadecimal digits for each row, unused rows 0."""
    out = {}
    for target in memory_targets(program.parameters):
        rows = list(getattr(program.images, target.name))
        # A memory has at least two rows in hardware.
        rows += [0] * (max(2, target.depth) - len(rows))
        digits = -(-target.width // 4)
        out[f"{target.name}.hex"] = "".join(f"{row:0{digits}x}\n" for row in rows)
    return out


def _npz(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """An .npz archive whose bytes depend on its content alone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(arrays[name]))
            info = zipfile.ZipInfo(f"{name}.npy", _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue(), compresslevel=1)
    return buffer.getvalue()
