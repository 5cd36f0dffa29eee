"""What both buses have in common: the core, its registers, the departure of its output."""

from dataclasses import dataclass

from amaranth.hdl import ClockDomain, ClockSignal, DomainRenamer, Module, ResetSignal, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from isomac_hw.core import Core
from isomac_hw.interfaces.control import Control, StreamWords
from isomac_hw.interfaces.departure import Departure
from isomac_hw.interfaces.ports import CLOCKINGS, OBSERVED, OBSERVED_PREFIX, bus_ports
from isomac_hw.parameters import AcceleratorParameters

#: Signals between the registers and a bus: those that the bus drives, and those that it reads.
FROM_BUS = ("write_enable", "write_index", "write_data", "write_strobe", "read_index")
TO_BUS = ("ready", "refused", "read_data")


@dataclass(frozen=True)
class Parts:
    """The components inside of an accelerator behind a bus."""

    core: Core
    control: Control
    departure: Departure


class BehindBus(wiring.Component):
    """An accelerator whose ports are those of a bus; subclasses connect them.

    The core has a clock domain of its own with the same clock, which the registers reset: what the
    bus is in the middle of goes on.

    Parameters
    ----------
    parameters
        Of the core.
    words
        Of the network that a fixed accelerator runs; None for a programmable one.

    Attributes
    ----------
    interface
        Name of the bus.
    """

    interface: str

    def __init__(self, parameters: AcceleratorParameters, words: StreamWords | None):
        self._parameters = parameters
        self._control = Control(parameters, self.interface, words)
        clocking = CLOCKINGS[self.interface]
        members: dict[str, In | Out] = {clocking.clock: In(1), clocking.reset: In(1)}
        for port in bus_ports(self.interface, parameters.channel_lanes):
            members[port.name] = (In if port.is_input else Out)(port.width)
        super().__init__(members)

    def inside(self, m: Module) -> Parts:
        """Build what is behind the bus, but for the input stream and the bus's own side."""
        p = self._parameters
        self._clock(m)
        core = Core(p)
        control = self._control
        departure = Departure(8 * p.channel_lanes)
        m.submodules.core = DomainRenamer("core")(core)
        m.submodules.control = control
        m.submodules.departure = departure
        wiring.connect(m, core.o, departure.i)
        if p.mode == "programmable":
            wiring.connect(m, control.load, core.load)
        m.d.comb += [
            ResetSignal("core").eq(ResetSignal() | control.reset),
            core.start.eq(control.start),
            control.error.eq(core.error),
            control.cycles.eq(core.cycles),
            control.output_done.eq(departure.done),
            control.output_valid.eq(departure.o.valid),
            departure.words.eq(control.output_words),
            departure.core_done.eq(core.done),
            departure.clear.eq(control.reset),
            self.irq.eq(control.irq),
        ]
        self._observe(m, core)
        return Parts(core, control, departure)

    def _observe(self, m: Module, core: Core) -> None:
        """Wires that lead nowhere and leave no gates, by which co-simulation sees the core."""
        sources: dict[str, Value] = {
            "input_taken": core.i.valid & core.i.ready,
            "output_taken": core.o.valid & core.o.ready,
        }
        sources |= {name: getattr(core, name) for name in OBSERVED if name not in sources}
        for name in OBSERVED:
            shape = sources[name].shape()
            wire = Signal(shape, name=f"{OBSERVED_PREFIX}{name}", attrs={"keep": 1})
            m.d.comb += wire.eq(sources[name])

    def _clock(self, m: Module) -> None:
        """Make the clock domains from the ports."""
        clocking = CLOCKINGS[self.interface]
        reset = getattr(self, clocking.reset)
        m.domains.sync = ClockDomain(local=True)
        m.domains.core = ClockDomain(local=True)
        clock = getattr(self, clocking.clock)
        m.d.comb += [
            ClockSignal().eq(clock),
            ClockSignal("core").eq(clock),
            ResetSignal().eq(~reset if clocking.active_low else reset),
        ]
