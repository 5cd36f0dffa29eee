"""The register map of the accelerators that sit behind a bus: the one place where it is written.

The gateware takes every position from here, and `register_text.py` writes the same table as
Markdown, as a C header and as Python.
"""

from dataclasses import dataclass
from enum import Enum

from isomac_hw.errors import ErrorCode

#: Version of the map, as register VERSION tells it: major for changes that break software.
MAJOR, MINOR = 1, 0
#: What register ID reads: "ISOM", the lowest byte first.
IDENTIFICATION = int.from_bytes(b"ISOM", "little")
#: Bytes of the address range, and of a register.
MAP_BYTES, REGISTER_BYTES = 4096, 4
#: Cycles for which an access on Wishbone waits though waiting does not help.
PATIENCE = 1024
#: Bits of a register's number, which is its offset divided by 4.
INDEX_BITS = (MAP_BYTES // REGISTER_BYTES - 1).bit_length()


class Access(Enum):
    """What a bus may do with a field."""

    READ = "read"
    WRITE = "write"  # reads as 0
    READ_WRITE = "read, write"
    CLEAR = "read, write 1 to clear"
    CONFIGURE = "read; programmable accelerators: read, write"


@dataclass(frozen=True)
class Field:
    """Bits of a register: `width` of them from bit `low` on."""

    name: str
    low: int
    width: int
    access: Access
    text: str


@dataclass(frozen=True)
class Register:
    """A register, or a window of `bytes` all of whose addresses are the same register.

    Parameters
    ----------
    name, text
        What it is called, and what it is.
    offset, bytes
        Where in the address range.
    fields
        From bit 0 on; bits of no field read as 0.
    interface
        The only interface that has it, or None.
    programmable
        Whether only programmable accelerators have it.
    """

    name: str
    offset: int
    text: str
    fields: tuple[Field, ...]
    bytes: int = REGISTER_BYTES
    interface: str | None = None
    programmable: bool = False

    @property
    def index(self) -> int:
        """Number of the register, or of the first of a window."""
        return self.offset // REGISTER_BYTES

    def field(self, name: str) -> Field:
        """The field of this name."""
        return next(field for field in self.fields if field.name == name)


def _whole(name: str, access: Access, text: str) -> tuple[Field, ...]:
    return (Field(name, 0, 32, access, text),)


#: What register CAPABILITY says of the bus.
INTERFACE_CODES = {"axi": 1, "wishbone": 2}

_AT_REST = "Writes are refused from a start until its inference has ended or a reset."

REGISTERS = (
    Register(
        "ID",
        0x00,
        "Identification of an isomac accelerator.",
        _whole("id", Access.READ, 'Always 0x4D4F5349, "ISOM" with the lowest byte first.'),
    ),
    Register(
        "VERSION",
        0x04,
        "Version of this map.",
        (
            Field("minor", 0, 16, Access.READ, "Grows when something is added."),
            Field("major", 16, 16, Access.READ, "Grows when software has to change."),
        ),
    ),
    Register(
        "CAPABILITY",
        0x08,
        "What the accelerator is.",
        (
            Field("word_bytes", 0, 16, Access.READ, "Bytes of a word of the data streams, M."),
            Field("interface", 16, 4, Access.READ, "1: AXI. 2: Wishbone."),
            Field("programmable", 20, 1, Access.READ, "1 if program and weights can be loaded."),
            Field("overlap_input", 21, 1, Access.READ, "1 if the next input may come early."),
        ),
    ),
    Register(
        "LANES",
        0x0C,
        "Size of the array: pixel_lanes * channel_lanes multipliers.",
        (
            Field("channel_lanes", 0, 16, Access.READ, "Multipliers of a pixel lane."),
            Field("pixel_lanes", 16, 16, Access.READ, "Output pixels that are computed at once."),
        ),
    ),
    Register(
        "INPUT_WORDS",
        0x10,
        "Words of an input. A programmable accelerator starts with 0 and leaves it to software.",
        _whole(
            "words",
            Access.CONFIGURE,
            "For software only: the hardware does not use it. " + _AT_REST,
        ),
    ),
    Register(
        "OUTPUT_WORDS",
        0x14,
        "Words of an output. A programmable accelerator starts with 0 and leaves it to software.",
        _whole(
            "words",
            Access.CONFIGURE,
            "TLAST comes with this many words; never if it is 0. " + _AT_REST,
        ),
    ),
    Register(
        "CONTROL",
        0x18,
        "Commands. Bits that are written as 0 do nothing.",
        (
            Field(
                "start",
                0,
                1,
                Access.WRITE,
                "Run an inference; a second one, while one runs, runs right behind it. A third is "
                "dropped and sets STATUS.overrun; one after an error is dropped too.",
            ),
            Field(
                "reset",
                1,
                1,
                Access.WRITE,
                "Reset the core and what is on its way in the streams, and clear STATUS, CYCLES "
                "and COMPLETED. Memories, words and interrupt enables stay. Wins over start. A "
                "word of output on offer is withdrawn: the other ends of the streams must be reset "
                "too.",
            ),
        ),
    ),
    Register(
        "STATUS",
        0x1C,
        "What the accelerator is doing.",
        (
            Field("busy", 0, 1, Access.READ, "An inference was started and has not ended."),
            Field("done", 1, 1, Access.CLEAR, "The last word of an output has left."),
            Field("overrun", 2, 1, Access.CLEAR, "A start was dropped: two were under way."),
            Field("queued", 3, 1, Access.READ, "One runs and the next is started already."),
            Field("input_ready", 4, 1, Access.READ, "A word of input would be taken now."),
            Field("output_valid", 5, 1, Access.READ, "A word of output waits to be taken."),
            Field("error", 8, 4, Access.READ, "0, or why the core has stopped; see below."),
        ),
    ),
    Register(
        "CYCLES",
        0x20,
        "Clock cycles of the inference in flight or the last one.",
        _whole("cycles", Access.READ, "From the first word of input to the last one of output."),
    ),
    Register(
        "COMPLETED",
        0x24,
        "Inferences that have ended since the reset.",
        _whole("count", Access.READ, "Wraps around."),
    ),
    Register(
        "IRQ_ENABLE",
        0x28,
        "Which causes raise the interrupt.",
        (
            Field("done", 0, 1, Access.READ_WRITE, "While STATUS.done is 1."),
            Field("error", 1, 1, Access.READ_WRITE, "While STATUS.error is not 0."),
            Field("output", 2, 1, Access.READ_WRITE, "While STATUS.output_valid is 1."),
        ),
    ),
    Register(
        "IRQ_STATUS",
        0x2C,
        "The enabled causes that are present; `irq` is high while there is one.",
        (
            Field("done", 0, 1, Access.READ, "Ends when STATUS.done is cleared."),
            Field("error", 1, 1, Access.READ, "Ends with a reset."),
            Field("output", 2, 1, Access.READ, "Ends when the word is taken."),
        ),
    ),
    Register(
        "LOAD",
        0x30,
        "The load port: each write is the next word of the packets that fill the memories.",
        _whole("data", Access.WRITE, "Refused while the core runs or has stopped."),
        programmable=True,
    ),
    Register(
        "INPUT",
        0x800,
        "The input stream: each write brings the next 4 bytes of a word, the lowest first.",
        _whole("data", Access.WRITE, "Bytes of the last piece beyond M are ignored."),
        bytes=0x400,
        interface="wishbone",
    ),
    Register(
        "OUTPUT",
        0xC00,
        "The output stream: each read takes the next 4 bytes of a word, the lowest first.",
        _whole("data", Access.READ, "Bytes of the last piece beyond M are 0."),
        bytes=0x400,
        interface="wishbone",
    ),
)

#: What each code in STATUS.error means.
ERROR_TEXTS = {
    ErrorCode.NONE: "No error.",
    ErrorCode.ILLEGAL_JOB: "A job does not fit this hardware, or it has no unit for it.",
    ErrorCode.PROGRAM_END: "The program ran past its last row.",
    ErrorCode.ACTIVATION_READ: "A read beyond the activation memory.",
    ErrorCode.ACTIVATION_WRITE: "A write beyond the activation memory.",
    ErrorCode.WEIGHT_READ: "A read beyond the weight memory.",
    ErrorCode.REQUANT_READ: "A read beyond the requantization memory.",
    ErrorCode.LOAD: "A load packet named an unknown memory, or more rows than it has.",
}


def register(name: str) -> Register:
    """The register of this name."""
    return next(register for register in REGISTERS if register.name == name)


def registers_of(interface: str, mode: str) -> tuple[Register, ...]:
    """The registers of an accelerator with this interface and mode."""
    return tuple(
        register
        for register in REGISTERS
        if register.interface in {None, interface}
        and (mode == "programmable" or not register.programmable)
    )
