"""Verilog from Amaranth: readable, reproducible, with memories filled by ``$readmemh``."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from amaranth.back import rtlil
from amaranth.lib import wiring

from isomac_hw.image_memory import IMAGE_ATTRIBUTE
from isomac_hw.verilog_names import plain_names

#: yosys passes between RTLIL and Verilog. Initial contents of memories go, since the images replace
#: them; the rest folds constants and drops what is not used, so that the text shows what is there.
PASSES = (
    "delete */t:$meminit_v2",
    "proc",
    "opt_expr",
    "opt_merge",
    "opt_muxtree",
    "opt_reduce",
    "opt_clean",
    "opt_dff",
    "opt_expr",
    "opt_clean -purge",
    "memory_collect",
    "opt_clean -purge",
)
#: yosys ends the process on an error and cannot be told to be quiet: it gets a process of its own.
_RUN_YOSYS = """
import pyosys.libyosys as yosys
yosys.run_pass("script design.ys", yosys.Design())
"""

_ATTRIBUTE_LINE = re.compile(rf"^ *\(\* (?!{IMAGE_ATTRIBUTE} ).*\*\)\n", re.MULTILINE)
_INLINE_ATTRIBUTE = re.compile(r"\(\* (?:full_case|parallel_case) = 32'd1 \*\) ")
_IMAGE = re.compile(
    rf'^(?P<indent> *)\(\* {IMAGE_ATTRIBUTE} = "(?P<file>[^"]+)" \*\)\n'
    r"(?P<declaration> *reg (?:\[\d+:0\] )?(?P<name>\w+) \[\d+:0\];\n)",
    re.MULTILINE,
)
_MODULE = re.compile(
    r"^module (?P<name>\\\S+ |\w+)(?P<body>.*?^endmodule\n)", re.MULTILINE | re.DOTALL
)


def to_verilog(component: wiring.Component, name: str, header: str = "") -> str:
    """The Verilog of a component and all below it.

    Parameters
    ----------
    component
        What to convert.
    name
        Name of the top module, and the start of the names of all others.
    header
        Lines of comment for the top of the file.

    Raises
    ------
    ValueError
        If an image memory of the component is not found in the result.
    RuntimeError
        If yosys fails.
    """
    design_text = rtlil.convert(component, name=name, emit_src=False)
    with tempfile.TemporaryDirectory() as folder:
        source, script, target = (Path(folder, f"design.{end}") for end in ("il", "ys", "v"))
        source.write_text(design_text)
        script.write_text("\n".join(("read_rtlil design.il", *PASSES, "write_verilog design.v")))
        run = subprocess.run(
            [sys.executable, "-"],
            input=_RUN_YOSYS,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode or not target.exists():
            raise RuntimeError(f"yosys failed: {(run.stderr or run.stdout)[-2000:]}")
        verilog = target.read_text()
    verilog = verilog[verilog.index("*/") + 2 :].lstrip()
    verilog = _INLINE_ATTRIBUTE.sub("", _ATTRIBUTE_LINE.sub("", verilog))
    verilog = _share_modules(plain_names(_fill_memories(verilog)))
    comment = "".join(f"// {line}".rstrip() + "\n" for line in header.splitlines())
    return f"{comment}\n{verilog}" if comment else verilog


def _fill_memories(verilog: str) -> str:
    """Read each image memory's file before the first cycle."""

    def replace(match: re.Match[str]) -> str:
        fill = f'initial $readmemh("{match["file"]}", {match["name"]});\n'
        return match["declaration"] + match["indent"] + fill

    filled, count = _IMAGE.subn(replace, verilog)
    if count != verilog.count(IMAGE_ATTRIBUTE):
        raise ValueError("An image memory was not recognized in the Verilog that yosys wrote")
    return filled


def _share_modules(verilog: str) -> str:
    """Keep one of several modules with the same text, under a name without the instance's number.

    Amaranth writes a module for each instance; an array has as many as it has lanes.
    """
    while True:
        modules = [(m["name"].strip(), m["body"]) for m in _MODULE.finditer(verilog)]
        by_body: dict[tuple[str, ...], list[str]] = {}
        for name, body in modules:
            # The order of statements says nothing.
            by_body.setdefault(tuple(sorted(body.splitlines())), []).append(name)
        shared = [names for names in by_body.values() if len(names) > 1]
        if not shared:
            return verilog
        taken = {name for name, _ in modules}
        rename: dict[str, str] = {}
        for names in shared:
            stem = re.sub(r"(?:_\d+)+$", "", names[0])
            common, number = stem, 1
            while common in taken - set(names):
                number += 1
                common = f"{stem}_{number}"
            taken.add(common)
            rename |= dict.fromkeys(names, common)
        kept, written = [], set()
        for name, body in modules:
            final = rename.get(name, name)
            if final in written:
                continue
            written.add(final)
            kept.append(
                f"module {final}{' ' if not body.startswith('(') else ''}{body.lstrip(' ')}"
            )
        verilog = _rename_words("\n".join(kept), rename)


def _rename_words(text: str, names: dict[str, str]) -> str:
    """Replace whole words."""
    return re.sub(r"\b\w+\b", lambda m: names.get(m[0], m[0]), text)
