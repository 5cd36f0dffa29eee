"""cocotb's runner for Verilator, with our simulation loop and without its slow flags."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from cocotb_tools import config
from cocotb_tools.runner import Verilator

from isomac_cosim.manifest import Manifest
from isomac_cosim.toolchain import build_environment, make_variables, verilator_root
from isomac_hw.interfaces.ports import (
    CLOCKINGS,
    OBSERVED,
    OBSERVED_PREFIX,
    beat_bytes,
    bus_ports,
)

#: C++ sources of the simulation loop.
SIMULATOR = Path(__file__).parent / "simulator"

#: Ports of the core; those of the load port exist in programmable mode only.
PORTS = (
    "clk", "rst", "start", "busy", "done", "error",
    "input_valid", "input_ready", "input_data",
    "output_valid", "output_ready", "output_data",
    "cycles", "layer_done", "layer_cycles",
    "trace_valid", "trace_address", "trace_data",
)  # fmt: skip
LOAD_PORTS = ("load_valid", "load_ready", "load_data")


def control_file(manifest: Manifest) -> str:
    """A Verilator control file that makes the ports, and nothing else, visible to cocotb.

    Behind a bus the wires by which the core is observed are visible, too.
    """
    lines = [
        f'public_flat_rw -module "{manifest.top}" -var "{port}"' for port in _visible(manifest)
    ]
    return "\n".join(["`verilator_config", *lines, ""])


def _visible(manifest: Manifest) -> list[str]:
    if manifest.interface == "stream":
        return [*PORTS, *(LOAD_PORTS if manifest.mode == "programmable" else ())]
    clocking = CLOCKINGS[manifest.interface]
    ports = [port.name for port in bus_ports(manifest.interface, manifest.word_bytes)]
    observed = [f"{OBSERVED_PREFIX}{name}" for name in OBSERVED]
    return [clocking.clock, clocking.reset, *ports, *observed]


def build_flags(manifest: Manifest, *, trace: bool) -> list[str]:
    """Options of Verilator for the simulator of a bundle."""
    flags = [
        "--no-public-flat-rw",  # cancels the runner's own; the control file names the ports
        "-O3",
        "--x-assign", "fast",
        "--x-initial", "fast",
        "--no-timing",
        "--no-assert",
        "-Wno-fatal",  # Amaranth's Verilog relies on implicit extension
        "--quiet",
        "-CFLAGS", f"-DWORD_BYTES={manifest.word_bytes} -I{SIMULATOR}",
        "-LDFLAGS", "-rdynamic",  # bench/burst.py finds the functions of main.cpp in the program
    ]  # fmt: skip
    if manifest.mode == "programmable":
        flags += ["-CFLAGS", "-DLOAD_PORT"]
    if manifest.interface != "stream":
        defines = (
            f"-DINTERFACE_{manifest.interface.upper()} -DTOP={manifest.top}"
            f" -DBEAT_BYTES={beat_bytes(manifest.word_bytes)}"
        )
        flags += ["-CFLAGS", defines]
    if trace:
        flags += ["--trace-fst", "--trace-structs"]
    return flags


class SimulatorRunner(Verilator):
    """Builds with `main.cpp` in the place of cocotb's main, and runs without a look at its caller.

    cocotb's runner takes WAVES and other settings from the environment; a proof must not depend on
    them, so waveforms are a property of this object.

    Parameters
    ----------
    trace: for a simulator that writes waveforms.
    objects: object files that need not be compiled again.
    """

    def __init__(self, *, trace: bool, objects: Sequence[Path] = ()) -> None:
        super().__init__()
        self._trace = trace
        self._objects = [str(path) for path in objects]
        self.log.setLevel(logging.CRITICAL)  # what went wrong is told once, by the caller

    def _simulator_in_path_build_only(self) -> None:
        self.executable = str(verilator_root() / "bin" / "verilator")

    def _set_env_build(self) -> None:
        super()._set_env_build()
        self.env = build_environment(self.env)

    def _build_command(self) -> list[list[str]]:
        self.waves = self._trace
        verilate, make = super()._build_command()
        stock = str(config.share_dir / "lib" / "verilator" / "verilator.cpp")
        verilate[verilate.index(stock)] = str(SIMULATOR / "main.cpp")
        make = [*make, *make_variables(self._trace)]
        if not self._objects:
            return [verilate, make]
        # Copied after Verilator has run, they are newer than its makefile, as make wants them.
        return [verilate, ["cp", *self._objects, str(self.build_dir)], make]

    def _test_command(self) -> list[list[str]]:
        # With `waves` the runner would ask cocotb's main, which is not there, for a trace.
        self.waves = self.gui = False
        return super()._test_command()

    def simulate(
        self, executable: Path, test_module: str, run: Path, environment: Mapping[str, str],
        arguments: Sequence[str],
    ) -> Path:  # fmt: skip
        """Run a cocotb test module in the folder `run` and return the path of the results file.

        Raises
        ------
        RuntimeError, SystemExit
            If the simulator failed, or cocotb's runner did not like the results.
        """
        return self.test(
            test_module=test_module,
            hdl_toplevel=executable.name,
            hdl_toplevel_lang="verilog",
            build_dir=executable.parent,
            test_dir=run,
            results_xml=str(run / "results.xml"),
            log_file=run / "simulator.log",
            extra_env=environment,
            test_args=arguments,
        )
