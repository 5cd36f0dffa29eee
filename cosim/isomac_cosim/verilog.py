"""The Verilog that may be simulated: a subset that computes, and reaches nothing outside.

Verilator turns Verilog into a program that runs with the user's rights, and a bundle may come from
anybody. The whole language can call the shell, read and write files, include others and bring its
own C++. What isomac writes needs none of that: modules, signals, registers, functions without
loops, and memories that `$readmemh` fills from an image of the bundle.

The rules look at characters and words and not at the grammar, so that no comment, string or escape
can hide anything: the characters that would begin one are themselves refused.
"""

import re
from collections.abc import Collection
from pathlib import Path

from isomac_cosim.errors import CosimError
from isomac_hw.verilog_names import KEYWORDS

#: Bytes of the file; an array of 4,096 multipliers has about 10 million.
VERILOG_BYTES_MAX = 1 << 28

#: Words of the language that describe hardware and repeat nothing; all others are refused.
_ALLOWED = """
always and assign begin case casex casez default else end endcase endfunction endmodule function if
initial input integer localparam module negedge not or output parameter posedge reg signed unsigned
wire xor
"""
_REFUSED_KEYWORDS = KEYWORDS - {*_ALLOWED.split()}
_READ = r'\$readmemh\("(?P<image>[A-Za-z0-9_.+-]+)", \w+\)'
_TASK = re.compile(rf"{_READ}|\$(?:signed|unsigned)\b")
#: What begins a directive, an escape, a delay, an attribute, a block comment, or a comment that
#: Verilator reads; then characters that are not text.
_FORBIDDEN = re.compile(
    r"[`\\#]|\(\*|/\*|//\s*verilator|[\x00-\x08\x0b-\x1f\x7f-\x9f]", re.IGNORECASE
)
_COMMENT = re.compile(r"//.*")
_WORD = re.compile(r"[A-Za-z_]\w*")


def read_verilog(path: Path) -> str:
    """The text of a Verilog file.

    Raises
    ------
    CosimError
        If it is too large or not UTF-8.
    """
    with path.open("rb") as file:
        content = file.read(VERILOG_BYTES_MAX + 1)
    if len(content) > VERILOG_BYTES_MAX:
        raise CosimError(f"{path} must have at most {VERILOG_BYTES_MAX} bytes, it has more.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CosimError(f"{path} must be UTF-8: {error.reason} at byte {error.start}.") from None


def check_verilog(path: Path, images: Collection[str]) -> None:
    """Require a file to be Verilog of the subset that reads no file but these images.

    Raises
    ------
    CosimError
        With the line and what is wrong in it.
    """
    text = read_verilog(path)

    def refuse(position: int, what: str) -> CosimError:
        line = text.count("\n", 0, position) + 1
        return CosimError(f"{path}, line {line}, {what}; a bundle's Verilog must only compute.")

    found = _FORBIDDEN.search(text)
    if found is not None:
        raise refuse(found.start(), f"holds {found[0]!r}")
    for dollar in re.finditer(r"\$", text):
        position = dollar.start()
        task = _TASK.match(text, position)
        if task is None or re.match(r"[\w$]", text[position - 1 : position]):
            shown = re.match(r"\$*\w*", text[position : position + 40])
            raise refuse(position, f"holds {shown[0] if shown else '$'!r}")
        if task["image"] not in {None, *images}:
            name = task["image"]
            raise refuse(position, f"reads {name!r}, which is no memory of the manifest")
    # Of the same length each, so that positions stay.
    bare = _TASK.sub(_blank, text)
    if '"' in bare:
        raise refuse(bare.index('"'), "holds a text")
    for word in _WORD.finditer(_COMMENT.sub(_blank, bare)):
        if word[0] in _REFUSED_KEYWORDS:
            raise refuse(word.start(), f"holds {word[0]!r}")


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
