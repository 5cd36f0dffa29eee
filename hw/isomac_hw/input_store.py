"""The input job: unpacks a dense stream of bytes into words of the activation memory."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2


@dataclass(frozen=True)
class Packing:
    """How the channels of one plane come in the stream: without gaps, pixel after pixel.

    A stream word has M bytes, a pixel ``channels`` of them. Pixels leave the gearbox in groups of a
    power of two, as many as one stream word holds, rounded up, but no more than there are banks.

    Parameters
    ----------
    channel_lanes
        M, bytes of a stream word and of a memory word.
    banks
        B, words of a memory row.
    channels
        Channels of a pixel in the stream, at most M.
    """

    channel_lanes: int
    banks: int
    channels: int

    def __post_init__(self) -> None:
        if not 1 <= self.channels <= self.channel_lanes:
            raise ValueError(
                f"Packed channels must be in 1..{self.channel_lanes}, not {self.channels}"
            )

    @property
    def group(self) -> int:
        """Pixels that leave the gearbox in one cycle."""
        return min(self.banks, 1 << ceil_log2(-(-self.channel_lanes // self.channels)))

    @property
    def group_bytes(self) -> int:
        """Bytes of a group in the stream."""
        return self.group * self.channels

    @property
    def capacity(self) -> int:
        """Bytes the gearbox must hold to take a stream word whenever a group is missing."""
        return self.group_bytes + self.channel_lanes

    def stream_words(self, pixels: int) -> int:
        """Stream words of a plane, or of several with M channels each."""
        return -(-pixels * self.channels // self.channel_lanes)

    def cycles(self, pixels: int) -> int:
        """Cycles from the first accepted stream word to the last write, both included."""
        words, left = self.stream_words(pixels), pixels
        level = cycles = 0
        # As long as there is more of both than the gearbox holds, what it does depends on its level
        # alone: what comes between two equal levels comes again and again.
        seen: dict[int, tuple[int, int, int]] = {}
        while left:
            if level in seen:
                cycles_then, words_then, left_then = seen.pop(level)
                per_turn = max(1, words_then - words), max(1, left_then - left)
                spare = min((words - 1) // per_turn[0], (left - self.group) // per_turn[1])
                turns = max(0, spare - 1)
                cycles += turns * (cycles - cycles_then)
                words -= turns * (words_then - words)
                left -= turns * (left_then - left)
                seen = {} if turns else seen
            seen[level] = cycles, words, left
            emits = level >= self.group_bytes or (not words and level > 0)
            if emits:
                level = max(0, level - self.group_bytes)
                left -= min(left, self.group)
            if words and level + self.channel_lanes <= self.capacity:
                level += self.channel_lanes
                words -= 1
            cycles += 1
        return cycles


class InputStore(wiring.Component):
    """Writes a plane to ``base`` and up, a group of pixels a cycle.

    ``start`` in cycle t: the first stream word can be accepted in t + 1. ``done`` is high in the
    cycle of the last write; see :meth:`Packing.cycles` for when that is without stalls.

    Parameters
    ----------
    packings
        What ``packing`` chooses from.
    address_bits, count_bits
        Widths of addresses and counts.

    Members
    -------
    start, base : In
        ``base`` is a multiple of B.
    words, stream_words : In(count_bits)
        Pixels, and words of the stream, minus one.
    packing : In
        Index into ``packings``.
    i : In(stream)
    grant : In(1)
        The write port is free; without it a group waits.
    write_mask, write_address, write_data : Out
        To the activation memory.
    done : Out(1)
    """

    def __init__(self, *, packings: Sequence[Packing], address_bits: int, count_bits: int):
        self._packings = tuple(packings)
        self._lanes, self._banks = packings[0].channel_lanes, packings[0].banks
        self._address_bits, self._count_bits = address_bits, count_bits
        super().__init__(
            {
                "start": In(1),
                "base": In(address_bits),
                "words": In(count_bits),
                "stream_words": In(count_bits),
                "packing": In(max(1, ceil_log2(len(self._packings)))),
                "i": In(stream.Signature(8 * self._lanes)),
                "grant": In(1),
                "write_mask": Out(self._banks),
                "write_address": Out(address_bits),
                "write_data": Out(data.ArrayLayout(8 * self._lanes, self._banks)),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        capacity = max(packing.capacity for packing in self._packings)
        gearbox = Signal(8 * capacity)
        # The level counts in the unit of all its changes: the smaller its range, the smaller the
        # shifter behind it.
        unit = math.gcd(self._lanes, *(packing.group_bytes for packing in self._packings))
        level = Signal(range(capacity // unit + 1))
        running = Signal()
        arriving = Signal()
        words_left = Signal(self._count_bits)
        stream_left = Signal(self._count_bits)

        def choose(values: Sequence[int]) -> Value:
            """The value of the packing in use."""
            chosen: Value = Value.cast(values[0])
            for index, value in enumerate(values[1:], start=1):
                chosen = Mux(self.packing == index, value, chosen)
            return chosen

        group = choose([packing.group for packing in self._packings])
        group_level = choose([packing.group_bytes // unit for packing in self._packings])

        emits = Signal()
        last_group = Signal()
        # What the level allows is compared when it is set, for either case of what comes next.
        enough = Signal()
        room = Signal(2)
        level_after = Signal.like(level)
        left = Mux(enough, level - group_level, 0)
        m.d.comb += [
            # Without a stream word to come, what is there must do: a job always ends.
            emits.eq(self.grant & running & (enough | ~arriving)),
            last_group.eq(words_left < group),
            level_after.eq(Mux(emits, left, level)),
            self.i.ready.eq(running & arriving & room.bit_select(emits, 1)),
            self.done.eq(emits & last_group),
        ]
        accepts = self.i.valid & self.i.ready
        # What may become of the level is worked out side by side; what does is known late.
        word_level = self._lanes // unit
        for target, of in (
            (level, lambda level: level),
            (enough, lambda level: level >= group_level),
            # A stream word fits behind what is there, or behind what is left of it.
            (room[0], lambda level: level <= group_level),
            (room[1], lambda level: level <= group_level << 1),
        ):
            grown = Mux(emits, of(level + word_level - group_level), of(level + word_level))
            kept = Mux(emits, of(left), of(level))
            m.d.sync += target.eq(Mux(self.start, of(Const(0)), Mux(accepts, grown, kept)))
        self._fill(m, gearbox, emits, accepts, level_after, unit)
        with m.If(accepts):
            m.d.sync += [stream_left.eq(stream_left - 1), arriving.eq(stream_left != 0)]
        with m.If(emits):
            m.d.sync += [
                words_left.eq(words_left - group),
                self.write_address.eq(self.write_address + group),
            ]
            with m.If(last_group):
                m.d.sync += running.eq(0)
        with m.If(self.start):
            m.d.sync += [
                running.eq(1),
                arriving.eq(1),
                gearbox.eq(0),
                words_left.eq(self.words),
                stream_left.eq(self.stream_words),
                self.write_address.eq(self.base),
            ]
        self._place(m, gearbox, emits, words_left)
        return m

    def _fill(
        self, m: Module, gearbox: Signal, emits: Value, accepts: Value, level: Signal, unit: int
    ) -> None:
        """Move the gearbox on by a group, and put a stream word behind what is left, ``level``."""
        rest = Signal.like(gearbox)
        m.d.comb += rest.eq(gearbox)
        for index, packing in enumerate(self._packings):
            with m.If(emits & (self.packing == index)):
                m.d.comb += rest.eq(gearbox >> 8 * packing.group_bytes)
        # A word is taken where it fits, behind a group at most: higher levels need no shift.
        highest = max(packing.group_bytes for packing in self._packings) // unit
        places = level[: highest.bit_length()]
        arrived = (Mux(accepts, self.i.payload, 0) << places * (8 * unit))[: len(gearbox)]
        m.d.sync += gearbox.eq(rest | arrived)

    def _place(self, m: Module, gearbox: Signal, emits: Value, words_left: Signal) -> None:
        """The group at its place in the memory row."""
        low = self.write_address[: ceil_log2(self._banks)]
        for index, packing in enumerate(self._packings):
            pixel_bits = 8 * packing.channels
            with m.If(self.packing == index):
                for bank in range(self._banks):
                    place = bank % packing.group
                    in_group = low == bank - place
                    m.d.comb += [
                        self.write_data[bank].eq(gearbox[place * pixel_bits :][:pixel_bits]),
                        self.write_mask[bank].eq(emits & in_group & (words_left >= place)),
                    ]
