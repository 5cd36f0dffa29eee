"""The registers: what a bus writes and reads, and what follows from it for the core."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Signal, Value, ValueLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isomac_hw.counters import COUNTER_BITS
from isomac_hw.interfaces.register_map import (
    IDENTIFICATION,
    INDEX_BITS,
    INTERFACE_CODES,
    MAJOR,
    MINOR,
    register,
    registers_of,
)
from isomac_hw.load_port import LOAD_BITS
from isomac_hw.parameters import AcceleratorParameters

#: Bits of the counts of words, and of a byte strobe.
WORDS_BITS, STROBE_BITS = 32, 4
#: Inferences that can be under way: one runs, and the core keeps one more start.
UNDER_WAY_MAX = 2


@dataclass(frozen=True)
class StreamWords:
    """Words of an input and of an output of the network that a fixed accelerator runs."""

    input: int
    output: int

    def __post_init__(self) -> None:
        for words in (self.input, self.output):
            if not 1 <= words < 1 << WORDS_BITS:
                raise ValueError(f"Words of a stream must be in 1..2**32 - 1, not {words}")


class Control(wiring.Component):
    """The registers of `register_map.py`, but for the windows of the streams.

    An access takes one cycle, and one of each kind may come in the same: in a cycle with
    ``write_enable`` the write happens or is ``refused``, which does not depend on
    ``write_enable``; ``read_data`` follows ``read_index`` without a register. A bus waits with both
    while ``ready`` is low.

    Parameters
    ----------
    parameters, interface
        Of the accelerator.
    words
        What INPUT_WORDS and OUTPUT_WORDS read in fixed mode; None for a programmable accelerator,
        which runs any network.

    Members
    -------
    ready : Out(1)
    write_enable, write_index, write_data, write_strobe : In
    refused : Out(1)
    read_index : In
    read_data : Out(32)
    start, reset : Out(1)
        To the core: a start, always with a low cycle before the next; a cycle of reset.
    error, cycles : In
        From the core.
    output_done : In(1)
        The last word of an inference has left.
    input_ready, output_valid : In(1)
        What STATUS shows of the streams.
    output_words : Out(32)
    running : Out(1)
        An inference was started, has not ended, and will.
    load : Out(stream of 32 bits)
        Programmable accelerators only.
    irq : Out(1)
    """

    def __init__(
        self, parameters: AcceleratorParameters, interface: str, words: StreamWords | None
    ):
        self._parameters, self._interface, self._words = parameters, interface, words
        self._programmable = parameters.mode == "programmable"
        if (words is None) != self._programmable:
            raise ValueError("Words of the streams must be given in fixed mode, and only there")
        largest = max(parameters.channel_lanes, parameters.pixel_lanes)
        if largest >= 1 << 16:
            raise ValueError(f"Lanes behind a bus must be at most 65535 of a kind, not {largest}")
        members: dict[str, In | Out] = {
            "ready": Out(1),
            "write_enable": In(1),
            "write_index": In(INDEX_BITS),
            "write_data": In(32),
            "write_strobe": In(STROBE_BITS),
            "refused": Out(1),
            "read_index": In(INDEX_BITS),
            "read_data": Out(32),
            "start": Out(1),
            "reset": Out(1),
            "error": In(4),
            "cycles": In(COUNTER_BITS),
            "output_done": In(1),
            "input_ready": In(1),
            "output_valid": In(1),
            "output_words": Out(WORDS_BITS),
            "running": Out(1),
            "irq": Out(1),
        }
        if self._programmable:
            members["load"] = Out(stream.Signature(LOAD_BITS))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        p = self._parameters
        under_way = Signal(range(UNDER_WAY_MAX + 1))
        done = Signal()
        overrun = Signal()
        completed = Signal(32)
        enables = Signal(3)
        m.d.comb += [
            self.ready.eq(~self.reset),
            self.running.eq((under_way != 0) & (self.error == 0)),
        ]
        # An event wins over the clearing of its bit, so that none is lost.
        for bit, event, name in (
            (done, self.output_done, "done"),
            (overrun, self._start(m, under_way), "overrun"),
        ):
            with m.If(self._ones("STATUS", name)):
                m.d.sync += bit.eq(0)
            with m.If(event):
                m.d.sync += bit.eq(1)
        with m.If(self.output_done):
            m.d.sync += completed.eq(completed + 1)
        m.d.sync += self.reset.eq(self._ones("CONTROL", "reset"))
        with m.If(self.reset):
            m.d.sync += [bit.eq(0) for bit in (done, overrun, completed)]
        self._store(m, "IRQ_ENABLE", enables)
        causes = Cat(done, self.error != 0, self.output_valid) & enables
        m.d.comb += self.irq.eq(causes.any())
        if self._programmable:
            m.d.comb += self.refused.eq(
                self._load_refused(m, under_way) | self._words_refused(under_way)
            )
        values: dict[str, ValueLike] = {
            "ID": IDENTIFICATION,
            "VERSION": self._fields("VERSION", minor=MINOR, major=MAJOR),
            "CAPABILITY": self._fields(
                "CAPABILITY",
                word_bytes=p.channel_lanes,
                interface=INTERFACE_CODES[self._interface],
                programmable=int(self._programmable),
                overlap_input=int(p.overlap_input),
            ),
            "LANES": self._fields(
                "LANES", channel_lanes=p.channel_lanes, pixel_lanes=p.pixel_lanes
            ),
            **self._words_registers(m, under_way),
            "STATUS": self._fields(
                "STATUS",
                busy=self.running,
                done=done,
                overrun=overrun,
                queued=self.running & (under_way == UNDER_WAY_MAX),
                input_ready=self.input_ready,
                output_valid=self.output_valid,
                error=self.error,
            ),
            "CYCLES": self.cycles,
            "COMPLETED": completed,
            "IRQ_ENABLE": self._fields(
                "IRQ_ENABLE", done=enables[0], error=enables[1], output=enables[2]
            ),
            "IRQ_STATUS": self._fields(
                "IRQ_STATUS", done=causes[0], error=causes[1], output=causes[2]
            ),
        }
        with m.Switch(self.read_index):
            for entry in registers_of(self._interface, p.mode):
                if entry.name in values:
                    with m.Case(entry.index):
                        m.d.comb += self.read_data.eq(values[entry.name])
        return m

    def _start(self, m: Module, under_way: Signal) -> Value:
        """Pass starts on to the core; returns when one is dropped."""
        start = self._ones("CONTROL", "start") & ~self._ones("CONTROL", "reset")
        accepts = Signal()
        # Accepted starts that wait for a low cycle of `start`, which the core needs between two.
        untold = Signal(range(UNDER_WAY_MAX + 1))
        last_start = Signal()
        full = under_way == UNDER_WAY_MAX
        m.d.comb += [
            accepts.eq(start & ~full & (self.error == 0)),
            self.start.eq((untold != 0) & ~last_start),
        ]
        m.d.sync += [
            last_start.eq(self.start),
            untold.eq(untold + accepts - self.start),
            under_way.eq(under_way + accepts - self.output_done),
        ]
        with m.If(self.reset):
            m.d.sync += [untold.eq(0), under_way.eq(0)]
        return start & full

    def _words_registers(self, m: Module, under_way: Signal) -> dict[str, ValueLike]:
        """The counts of words, which a programmable accelerator leaves to software."""
        if self._words is not None:
            m.d.comb += self.output_words.eq(self._words.output)
            return {"INPUT_WORDS": self._words.input, "OUTPUT_WORDS": self._words.output}
        input_words = Signal(WORDS_BITS)
        output_words = Signal(WORDS_BITS)
        m.d.comb += self.output_words.eq(output_words)
        with m.If(under_way == 0):
            self._store(m, "INPUT_WORDS", input_words)
            self._store(m, "OUTPUT_WORDS", output_words)
        return {"INPUT_WORDS": input_words, "OUTPUT_WORDS": output_words}

    def _words_refused(self, under_way: Signal) -> Value:
        """Whether a write to the counts of words is refused: TLAST must not change as it waits."""
        indices = [register(name).index for name in ("INPUT_WORDS", "OUTPUT_WORDS")]
        return self.write_index.matches(*indices) & self.write_strobe.any() & (under_way != 0)

    def _load_refused(self, m: Module, under_way: Signal) -> Value:
        """Pass words of LOAD on; returns whether a write to it is refused."""
        written = self._written("LOAD")
        whole = self.write_strobe.all()
        may = self.load.ready & (under_way == 0)
        m.d.comb += [
            self.load.payload.eq(self.write_data),
            self.load.valid.eq(written & whole & may),
        ]
        at_load = self.write_index == register("LOAD").index
        return at_load & self.write_strobe.any() & ~(whole & may)

    def _written(self, name: str) -> Value:
        return self.write_enable & (self.write_index == register(name).index)

    def _ones(self, name: str, field: str) -> Value:
        """Whether a 1 is written to a field of one bit."""
        bit = register(name).field(field).low
        return self._written(name) & self.write_strobe[bit // 8] & self.write_data[bit]

    def _store(self, m: Module, name: str, target: Signal) -> None:
        """Let software write a register, byte by byte."""
        with m.If(self._written(name)):
            for byte in range(-(-len(target) // 8)):
                with m.If(self.write_strobe[byte]):
                    bits = slice(8 * byte, min(8 * byte + 8, len(target)))
                    m.d.sync += target[bits].eq(self.write_data[bits])

    @staticmethod
    def _fields(name: str, **values: ValueLike) -> Value:
        """A register from the values of all of its fields."""
        entry = register(name)
        assert set(values) == {field.name for field in entry.fields}
        parts: list[Value] = []
        for field in sorted(entry.fields, key=lambda field: field.low):
            parts.append(Const(0, field.low - sum(map(len, parts))))
            value = values[field.name]
            if isinstance(value, int):
                value = Const(value, field.width)
            parts.append(Value.cast(value))
            assert len(parts[-1]) == field.width
        return Cat(*parts)
