"""The array: P pixel lanes by M channel lanes of multiply-accumulate, output-stationary."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from isomac_hw.parameters import AcceleratorParameters


class MacLane(wiring.Component):
    """One multiply-accumulate unit with its shadow.

    Cycle t: ``activation`` and ``weight`` are valid. The product is registered at the end of t,
    with ``accumulate`` high in t + 1 it is added (or, with ``reduce_max``, compared) at the end of
    t + 1; ``first`` in t + 1 replaces the sum. With ``transfer`` high in t + 2, ``shadow`` shows
    the sum from t + 3.

    This is the only place with a multiplier of the array: a vendor's primitive would stand here.
    """

    def __init__(self, *, accumulator_bits: int, has_max: bool):
        self._bits, self._has_max = accumulator_bits, has_max
        super().__init__(
            {
                "activation": In(signed(8)),
                "weight": In(signed(8)),
                "accumulate": In(1),
                "first": In(1),
                "reduce_max": In(1),
                "transfer": In(1),
                "shadow": Out(signed(accumulator_bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Data, which valid bits elsewhere vouch for: no reset reaches it.
        product = Signal(signed(16), reset_less=True)
        total = Signal(signed(self._bits), reset_less=True)
        shadow = Signal(signed(self._bits), reset_less=True)
        m.d.sync += product.eq(self.activation * self.weight)
        with m.If(self.accumulate):
            with m.If(self.first):
                m.d.sync += total.eq(product)
            if self._has_max:
                with m.Elif(self.reduce_max):
                    m.d.sync += total.eq(Mux(product > total, product, total))
            with m.Else():
                m.d.sync += total.eq(total + product)
        with m.If(self.transfer):
            m.d.sync += shadow.eq(total)
        m.d.comb += self.shadow.eq(shadow)
        return m


class MacArray(wiring.Component):
    """All lanes, and the pipeline that feeds them.

    A step enters with ``issue`` in cycle t. The words of the pixel lanes are on ``lanes`` in t + 1,
    its weights on ``weights`` in t + 2 (one cycle for the address, one for the memory). Throughput
    is one step a cycle.
    ``shadow`` holds the sums of a tile from cycle t + ``LATENCY`` + 1 on, t being the cycle in
    which its ``last`` step was issued, until the next tile's arrive.

    Members
    -------
    lanes : In(P words)
    issue, first, last : In(1)
    byte : In
        The channel of the word that a dense step broadcasts.
    dense, reduce_max : In(1)
        Of the step's job.
    weights : In(M int8)
    shadow : Out(P of M sums)
    loaded : Out(1)
        High in the cycle before a tile's sums are on ``shadow``.
    """

    #: Cycles from the issue of a tile's last step to the one at whose end the shadows take the
    #: sums.
    LATENCY = 5

    def __init__(self, parameters: AcceleratorParameters):
        self._parameters = p = parameters
        word = data.ArrayLayout(signed(8), p.channel_lanes)
        sums = data.ArrayLayout(signed(p.accumulator_bits), p.channel_lanes)
        super().__init__(
            {
                "lanes": In(data.ArrayLayout(word, p.pixel_lanes)),
                "issue": In(1),
                "first": In(1),
                "last": In(1),
                "byte": In(max(1, ceil_log2(p.channel_lanes))),
                "dense": In(1),
                "reduce_max": In(1),
                "weights": In(word),
                "shadow": Out(data.ArrayLayout(sums, p.pixel_lanes)),
                "loaded": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        p = self._parameters
        word = data.ArrayLayout(signed(8), p.channel_lanes)

        # Stages: s (word there), b (byte to broadcast selected), x (operands there), p (product), a
        # (accumulated). What the job says goes along, since the next job may begin behind the last
        # step of this one.
        s_byte = Signal.like(self.byte)
        s_dense, b_dense = (Signal(name=f"{stage}_dense") for stage in ("s", "b"))
        m.d.sync += [s_byte.eq(self.byte), s_dense.eq(self.dense), b_dense.eq(s_dense)]
        x_weights = Signal(word, reset_less=True)
        m.d.sync += x_weights.eq(self.weights)
        valid, first, last, reduce_max = self.issue, self.first, self.last, self.reduce_max
        for stage in ("s", "b", "x", "p"):
            next_valid, next_first, next_last, next_reduce_max = (
                Signal(name=f"{stage}_{name}") for name in ("valid", "first", "last", "reduce_max")
            )
            m.d.sync += [
                next_valid.eq(valid),
                next_first.eq(first),
                next_last.eq(valid & last),
                next_reduce_max.eq(reduce_max),
            ]
            valid, first, last, reduce_max = next_valid, next_first, next_last, next_reduce_max
        a_last = Signal()
        m.d.sync += a_last.eq(last)
        m.d.comb += self.loaded.eq(a_last)

        for lane in range(p.pixel_lanes):
            s_word = self.lanes[lane]
            # A slice at a variable place is a tree of multiplexers; an indexed `Array` would be
            # written as a chain of as many as there are channels.
            broadcast = Signal(signed(8), name=f"b_broadcast_{lane}", reset_less=True)
            m.d.sync += broadcast.eq(s_word.as_value().word_select(s_byte, 8).as_signed())
            own = Signal(word, name=f"b_word_{lane}", reset_less=True)
            shared = Signal(signed(8), name=f"x_broadcast_{lane}", reset_less=True)
            if p.has("depthwise"):
                m.d.sync += own.eq(s_word)
            else:
                m.d.sync += shared.eq(broadcast)
            for channel in range(p.channel_lanes):
                if p.has("depthwise"):
                    activation = Signal(signed(8), name=f"x_{lane}_{channel}", reset_less=True)
                    selected = own[channel]
                    if p.has("dense"):
                        selected = Mux(b_dense, broadcast, selected)
                    m.d.sync += activation.eq(selected)
                else:
                    activation = shared
                m.submodules[f"mac_{lane}_{channel}"] = mac = MacLane(
                    accumulator_bits=p.accumulator_bits, has_max=p.has("max")
                )
                m.d.comb += [
                    mac.activation.eq(activation),
                    mac.weight.eq(x_weights[channel]),
                    mac.accumulate.eq(valid),
                    mac.first.eq(first),
                    mac.reduce_max.eq(reduce_max),
                    mac.transfer.eq(a_last),
                    self.shadow[lane][channel].eq(mac.shadow),
                ]
        return m
