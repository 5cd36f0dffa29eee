"""The ports of an accelerator with each interface, by name."""

from dataclasses import dataclass

from isomac_hw.interfaces.register_map import INDEX_BITS, MAP_BYTES

#: In the order in which messages name them; the first is the default.
INTERFACES = ("stream", "axi", "wishbone")


#: What co-simulation watches of a core behind a bus, mostly what the stream interface has as ports:
#: wires of the top module with this prefix.
OBSERVED = (
    *("busy", "done", "error", "cycles", "layer_done", "layer_cycles"),
    *("trace_valid", "trace_address", "trace_data", "input_taken", "output_taken"),
)
OBSERVED_PREFIX = "observed_"


@dataclass(frozen=True)
class Port:
    """A port that is no clock and no reset."""

    name: str
    width: int
    is_input: bool


@dataclass(frozen=True)
class Clocking:
    """Names of clock and reset, and whether the reset is active low."""

    clock: str
    reset: str
    active_low: bool = False


CLOCKINGS = {
    "axi": Clocking("aclk", "aresetn", active_low=True),
    "wishbone": Clocking("wb_clk_i", "wb_rst_i"),
}


def beat_bytes(word_bytes: int) -> int:
    """Bytes of TDATA for words of `word_bytes`: a power of two, as DMA engines want it.

    The bytes beyond the word are ignored at the input and 0 at the output.
    """
    return 1 << (word_bytes - 1).bit_length()


def bus_ports(interface: str, word_bytes: int) -> tuple[Port, ...]:
    """The ports of an accelerator behind a bus, besides clock and reset."""
    return {"axi": _axi, "wishbone": _wishbone}[interface](word_bytes)


def _inputs(prefix: str, **widths: int) -> list[Port]:
    return [Port(f"{prefix}{name}", width, True) for name, width in widths.items()]


def _outputs(prefix: str, **widths: int) -> list[Port]:
    return [Port(f"{prefix}{name}", width, False) for name, width in widths.items()]


def _axi(word_bytes: int) -> tuple[Port, ...]:
    address_bits = (MAP_BYTES - 1).bit_length()
    beat = beat_bytes(word_bytes)
    return (
        *_inputs("s_axi_", awaddr=address_bits, awprot=3, awvalid=1),
        *_outputs("s_axi_", awready=1),
        *_inputs("s_axi_", wdata=32, wstrb=4, wvalid=1),
        *_outputs("s_axi_", wready=1, bresp=2, bvalid=1),
        *_inputs("s_axi_", bready=1, araddr=address_bits, arprot=3, arvalid=1),
        *_outputs("s_axi_", arready=1, rdata=32, rresp=2, rvalid=1),
        *_inputs("s_axi_", rready=1),
        *_inputs("s_axis_", tdata=8 * beat, tvalid=1),
        *_outputs("s_axis_", tready=1),
        *_outputs("m_axis_", tdata=8 * beat, tkeep=beat, tlast=1, tvalid=1),
        *_inputs("m_axis_", tready=1),
        *_outputs("", irq=1),
    )


def _wishbone(word_bytes: int) -> tuple[Port, ...]:
    # Addresses are those of 32-bit words: ADR(11..2) of a port with 8-bit granularity.
    return (
        *_inputs("wb_", cyc_i=1, stb_i=1, we_i=1, adr_i=INDEX_BITS, dat_i=32, sel_i=4),
        *_outputs("wb_", dat_o=32, stall_o=1, ack_o=1, err_o=1),
        *_outputs("", irq=1),
    )
