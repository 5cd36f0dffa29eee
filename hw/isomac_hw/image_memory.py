"""A read-only or loadable memory whose content is an image file beside the Verilog."""

from collections.abc import Sequence

from amaranth.hdl import Module
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

#: Attribute on the memory from which :mod:`isomac_hw.verilog` writes ``$readmemh``.
IMAGE_ATTRIBUTE = "isomac_image"


class ImageMemory(wiring.Component):
    """One synchronous read port, and a write port where ``loadable``.

    The word at ``address`` in cycle t is on ``data`` in cycle t + 1, whatever else happens; reading
    and writing one address in the same cycle gives an undefined word.

    Parameters
    ----------
    width
        Bits of a word.
    depth
        Words.
    image
        File name of the content, relative to the Verilog.
    init
        The same content for the Amaranth simulator, shorter lists are filled with 0.
    loadable
        Whether there is a write port.

    Members
    -------
    address : In(ceil_log2(depth))
    data : Out(width)
    write_enable : In(1)
    write_address : In(ceil_log2(depth))
    write_data : In(width)
        Only where ``loadable``.
    """

    def __init__(
        self, *, width: int, depth: int, image: str, init: Sequence[int] = (), loadable: bool
    ):
        if len(init) > depth:
            raise ValueError(f"Image {image} must have at most {depth} words, not {len(init)}")
        self._width, self._depth = width, depth
        self._image, self._init, self._loadable = image, list(init), loadable
        address_bits = max(1, ceil_log2(depth))
        members: dict[str, In | Out] = {"address": In(address_bits), "data": Out(width)}
        if loadable:
            members |= {
                "write_enable": In(1),
                "write_address": In(address_bits),
                "write_data": In(width),
            }
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = array = memory.Memory(
            shape=self._width,
            depth=max(2, self._depth),
            init=self._init,
            attrs={IMAGE_ATTRIBUTE: self._image},
        )
        read = array.read_port()
        m.d.comb += [read.en.eq(1), read.addr.eq(self.address), self.data.eq(read.data)]
        if self._loadable:
            write = array.write_port()
            m.d.comb += [
                write.en.eq(self.write_enable),
                write.addr.eq(self.write_address),
                write.data.eq(self.write_data),
            ]
        return m
