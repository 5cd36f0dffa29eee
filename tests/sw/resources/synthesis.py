"""Real synthesis of small pieces of Verilog, as far as memories and multipliers are made."""

import json
import subprocess
import sys
from pathlib import Path

from isomac.targets import Target

#: What comes behind the memories in the flow of each family.
_NEXT = {"ecp5": "map_gates", "ice40": "map_gates", "gowin": "map_gates", "xc7": "fine"}


def cells(verilog: str, device: Target, folder: Path) -> dict[str, str]:
    """Return the type of each cell of module `top`, by name, as `isomac synth` makes them."""
    (folder / "top.v").write_text(verilog)
    synthesis = " ".join((device.synthesis_pass, *device.synthesis_arguments))
    passes = (
        "read_verilog top.v",
        "setattr -set no_rw_check 1 */m:*",
        f"{synthesis} -top top -run begin:{_NEXT[device.family]}",
        "select top",
        "write_json -selected netlist.json",
    )
    (folder / "script.ys").write_text("\n".join(passes) + "\n")
    code = "import pyosys.libyosys as y; y.run_pass('script script.ys', y.Design())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
    netlist = json.loads((folder / "netlist.json").read_text())["modules"]["top"]
    return {name: cell["type"] for name, cell in netlist["cells"].items()}
