"""Counting cells by component."""

from isomac.synth.netlist import count_cells
from isomac.targets import target

SCOPES = (
    "accelerator",
    "accelerator.core",
    "accelerator.core.array",
    "accelerator.core.array.mac_0_0",
    "accelerator.core.array.mac_0_1",
    "accelerator.core.activations.bank0",
    "accelerator.core.weights_memory",
    "accelerator.core.weights_memory.memory",
)


def test_components() -> None:
    netlist = count_cells(
        {
            **dict.fromkeys(SCOPES, "$scopeinfo"),
            "accelerator.core.array.mac_0_0.product_MULT18X18D_P": "MULT18X18D",
            "accelerator.core.array.mac_0_1.product_MULT18X18D_P": "MULT18X18D",
            "accelerator.core.array.mac_0_1.total_TRELLIS_FF_Q": "TRELLIS_FF",
            "accelerator.core.array.s_byte_LUT4_Z": "LUT4",
            "accelerator.core.array.s_byte_PFUMX_Z": "PFUMX",
            "accelerator.core.busy_LUT4_Z": "LUT4",
            "accelerator.core.activations.bank0.0.0": "PDPW16KD",
            "accelerator.core.weights_memory.memory.0.1": "DP16KD",
            "accelerator.core.weights_memory.data_$func$accelerator.v:12_LUT4_Z": "CCU2C",
            "input_word_TRELLIS_FF_Q": "TRELLIS_FF",
        },
        target("ecp5-85f"),
    )
    parts = {part.name: part for part in netlist.components}
    assert netlist.components[0].name == "weights_memory"
    assert {name: (part.instances, dict(part.used)) for name, part in parts.items()} == {
        "array.mac": (2, {"lut": 0, "ff": 1, "dsp": 2, "bram": 0}),
        "array": (1, {"lut": 1, "ff": 0, "dsp": 0, "bram": 0}),
        "core": (1, {"lut": 1, "ff": 0, "dsp": 0, "bram": 0}),
        "activations": (1, {"lut": 0, "ff": 0, "dsp": 0, "bram": 1}),
        "weights_memory": (1, {"lut": 2, "ff": 0, "dsp": 0, "bram": 1}),
    }
    assert netlist.harness == {"lut": 0, "ff": 1, "dsp": 0, "bram": 0}
    assert netlist.used == {"lut": 4, "ff": 2, "dsp": 2, "bram": 2}


def test_names_with_dots_of_their_own_lie_in_the_nearest_instance() -> None:
    netlist = count_cells(
        {**dict.fromkeys(SCOPES, "$scopeinfo"), "a.b.c": "SB_LUT4"}, target("ice40-hx8k")
    )
    assert netlist.components == ()
    assert netlist.harness["lut"] == 1
