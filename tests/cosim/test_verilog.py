"""What a bundle's Verilog may hold; the rest is refused, however it is written."""

from pathlib import Path

import pytest

from isomac_cosim import build, verilog
from isomac_cosim.bundle import open_bundle
from isomac_cosim.cosimulate import cosimulate
from isomac_cosim.errors import CosimError
from isomac_cosim.verilog import check_verilog
from tests.cosim.standin.bundle import StandIn, rehash

GOOD = """// A memory of 7 bits, $0 and "nothing" else
module top(clk, y);
  input clk;
  output signed [3:0] y;
  reg signed [6:0] rows [3:0];
  initial $readmemh("a.hex", rows);
  assign y = $signed(rows[2]) + $unsigned(4'd3);
endmodule
"""


def refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "top.v"
    path.write_text(text)
    with pytest.raises(CosimError) as caught:
        check_verilog(path, {"a.hex"})
    return str(caught.value).removeprefix(f"{path}, ")


@pytest.fixture
def good() -> str:
    return GOOD.replace('$0 and "nothing"', "and nothing")


def test_good(tmp_path: Path, good: str) -> None:
    (tmp_path / "top.v").write_text(good)
    check_verilog(tmp_path / "top.v", {"a.hex"})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('initial $system("touch pwned");', "line 8, holds '$system'"),
        ('initial #1$system("touch pwned");', "line 8, holds '#'"),
        ('initial begin$system("touch pwned"); end', "line 8, holds '$system'"),
        ('assign a = 1$system("touch pwned");', "line 8, holds '$system'"),
        ('assign a = b$c("system(0)");', "line 8, holds '$c'"),
        ('initial $c("system(0)");', "line 8, holds '$c'"),
        ("initial $c;", "line 8, holds '$c'"),
        ("initial $$x;", "line 8, holds '$$x'"),
        ("initial $ ;", "line 8, holds '$'"),
        ('initial $readmemb("a.hex", rows);', "line 8, holds '$readmemb'"),
        ('initial $readmemh("b.hex", rows);', "line 8, reads 'b.hex', which is no memory of"),
        ('initial $readmemh("../a.hex", rows);', "line 8, holds '$readmemh'"),
        ('initial $readmemh({"a", ".hex"}, rows);', "line 8, holds '$readmemh'"),
        ("initial $readmemh(name, rows);", "line 8, holds '$readmemh'"),
        ('initial $writememh("a.hex", rows);', "line 8, holds '$writememh'"),
        ('integer f = $fopen("a", "w");', "line 8, holds '$fopen'"),
        ('`include "/etc/passwd"', "line 8, holds '`'"),
        ("`systemc_header", "line 8, holds '`'"),
        ("`define S $", "line 8, holds '`'"),
        ("wire \\a ;", "line 8, holds '\\\\'"),
        ("/* a */", "line 8, holds '/*'"),
        ("// verilator lint_off", "line 8, holds '// verilator'"),
        ("//VERILATOR public", "line 8, holds '//VERILATOR'"),
        ("(* public *) wire a;", "line 8, holds '(*'"),
        ('import "DPI-C" function int system(input string s);', "line 8, holds a text"),
        ("import a::*;", "line 8, holds 'import'"),
        ("initial while (1) a = a;", "line 8, holds 'while'"),
        ("initial forever a = a;", "line 8, holds 'forever'"),
        ("initial for (;;) a = a;", "line 8, holds 'for'"),
        ("bind top other o();", "line 8, holds 'bind'"),
        ("class c; endclass", "line 8, holds 'class'"),
        ('parameter name = "a.hex";', "line 8, holds a text"),
        ("wire a;\0", "line 8, holds '\\x00'"),
        ("wire a;\r\n", "line 8, holds '\\r'"),
    ],
)
def test_refused(tmp_path: Path, good: str, text: str, what: str) -> None:
    message = refusal(tmp_path, good.replace("endmodule", text + "\nendmodule"))
    assert what in message
    assert message.endswith("; a bundle's Verilog must only compute.")


def test_comments_hide_nothing(tmp_path: Path) -> None:
    assert refusal(tmp_path, GOOD).startswith("line 1, holds '$0'")


def test_no_utf8(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_bytes(b"module \xff")
    with pytest.raises(CosimError, match=r"top\.v must be UTF-8: invalid start byte at byte 7\."):
        check_verilog(tmp_path / "top.v", set())


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verilog, "VERILOG_BYTES_MAX", 10)
    (tmp_path / "top.v").write_bytes(b"module top;")
    with pytest.raises(CosimError, match=r"must have at most 10 bytes, it has more\."):
        check_verilog(tmp_path / "top.v", set())


def test_nothing_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle whose hashes are right, and whose Verilog calls the shell."""
    monkeypatch.setattr(build, "_build", lambda *arguments: pytest.fail("it is built"))
    folder = StandIn().write(tmp_path / "bundle")
    path, trace = folder / "accelerator.v", tmp_path / "trace"
    call = f'initial $system("touch {trace}");\nendmodule'
    path.write_text(path.read_text().replace("endmodule", call))
    rehash(folder)
    with pytest.raises(CosimError, match=r"holds '\$system'; a bundle's Verilog must only"):
        cosimulate(folder, progress=False)
    with pytest.raises(CosimError, match=r"holds '\$system'"):
        open_bundle(folder, verify_files=False)
    assert not trace.exists()
