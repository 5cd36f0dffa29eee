"""The targets: their figures, and what their files must be."""

import pytest

from isomac.errors import IsomacError
from isomac.targets import target, target_names
from isomac.targets.file import parse_target

#: LUTs, registers, multipliers and block memories, as the data sheets have them; and the bits of
#: all block memories.
FIGURES = {
    "ecp5-12f": (12000, 12000, 28, 32, 576 * 1024),
    "ecp5-25f": (24288, 24288, 28, 56, 1008 * 1024),
    "ecp5-45f": (43848, 43848, 72, 108, 1944 * 1024),
    "ecp5-85f": (83640, 83640, 156, 208, 3744 * 1024),
    "gw1nr-9": (8640, 6480, 40, 26, 468 * 1024),
    "gw2ar-18": (20736, 15552, 96, 46, 828 * 1024),
    "ice40-hx8k": (7680, 7680, 0, 32, 128 * 1024),
    "ice40-up5k": (5280, 5280, 8, 30, 120 * 1024),
    "xc7a100t": (63400, 126800, 240, 270, 4860 * 1024),
    "xc7a35t": (20800, 41600, 90, 100, 1800 * 1024),
    "xc7z020": (53200, 106400, 220, 280, 5040 * 1024),
}


def test_names() -> None:
    assert target_names() == tuple(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_figures(name: str) -> None:
    found = target(name)
    luts, ffs, dsps, brams, bits = FIGURES[name]
    counts = [found.resources[key].count for key in ("lut", "ff", "dsp", "bram")]
    assert counts == [luts, ffs, dsps, brams]
    (block,) = (memory for memory in found.memories if memory.resource == "bram")
    assert block.bits * brams == bits
    assert found.sources


@pytest.mark.parametrize("name", FIGURES)
def test_shapes_fill_no_more_than_the_memory(name: str) -> None:
    for memory in target(name).memories:
        depths = [rows for rows, _ in memory.shapes]
        assert depths == sorted(set(depths), reverse=True)
        assert max(rows * width for rows, width in memory.shapes) == memory.bits


@pytest.mark.parametrize("name", FIGURES)
def test_multipliers_are_there_where_the_resource_is(name: str) -> None:
    found = target(name)
    assert bool(found.multipliers) == (found.resources["dsp"].count > 0)


@pytest.mark.parametrize("name", FIGURES)
def test_tools(name: str) -> None:
    found = target(name)
    # A bitstream needs a routed design, and without one there is another way.
    assert (found.place_and_route is None) == (found.pack is None)
    assert (found.place_and_route is None) == (found.vivado_part is not None)
    assert found.synthesis_pass.startswith("synth_")


def test_spram_is_only_where_it_is() -> None:
    with_spram = [name for name in target_names() if "spram" in target(name).resources]
    assert with_spram == ["ice40-up5k"]


@pytest.mark.parametrize(
    ("cell", "resource", "units"),
    [
        ("LUT4", "lut", 1),
        ("CCU2C", "lut", 2),
        ("TRELLIS_FF", "ff", 1),
        ("MULT18X18D", "dsp", 1),
        ("PDPW16KD", "bram", 1),
        ("PFUMX", "lut", 0),
        ("LUT4", "ff", 0),
    ],
)
def test_cells_of_ecp5(cell: str, resource: str, units: int) -> None:
    assert target("ecp5-85f").resources[resource].units(cell) == units


def test_patterns_of_cells() -> None:
    ice40, xilinx = target("ice40-up5k").resources, target("xc7a35t").resources
    assert ice40["ff"].units("SB_DFFESR") == 1
    assert ice40["bram"].units("SB_RAM40_4KNR") == 1
    assert xilinx["lut"].units("RAM32M") == 4
    assert xilinx["bram"].units("RAMB36E1") == 2
    assert xilinx["lut"].units("RAMB36E1") == 0


def test_case_does_not_matter() -> None:
    assert target("ECP5-85F") is not None
    assert target("ECP5-85F").name == "ecp5-85f"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ecp5-85k", "'ecp5-85k' is no target: did you mean ecp5-85f or "),
        ("up5k", "'up5k' is no target: did you mean ice40-up5k"),
        ("virtex", "'virtex' is no target: there are ecp5-12f, ecp5-25f, "),
        ("", "'' is no target: there are "),
        ("../file", "'../file' is no target: "),
    ],
)
def test_unknown_target(name: str, sentence: str) -> None:
    with pytest.raises(IsomacError) as error:
        target(name)
    assert str(error.value).startswith(sentence)


GOOD = """
title = "A device"
family = "ecp5"
lut_inputs = 4
frequency = 50
sources = ["its data sheet"]
resources.lut = { count = 10, cells = { LUT4 = 1 } }
resources.ff = { count = 10, cells = {} }
resources.dsp = { count = 2, cells = {} }
resources.bram = { count = 1, cells = {} }
memories = [{ resource = "bram", bits = 4096, shapes = [[256, 16]] }]
multipliers = [{ resource = "dsp", operands = [9, 9], units = 1 }]
synthesis.pass = "synth_ecp5"
"""


def test_file() -> None:
    parsed = parse_target("mine", GOOD)
    assert (parsed.name, parsed.frequency) == ("mine", 50)
    assert parsed.memories[0].shapes == ((256, 16),)
    assert parsed.place_and_route is None


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("count = 2,", "count = -2,", "resources.dsp.count must be an integer in 0.."),
        ("count = 2,", "count = 1.5,", "resources.dsp.count must be an integer in 0.."),
        ("frequency = 50", "", "'frequency' is missing"),
        ("frequency = 50", "frequency = 50\nspeed = 6", "'speed' is unknown"),
        ('"ecp5"', '"ecp6"', "family must be one of ecp5, ice40, gowin, xc7, not 'ecp6'"),
        ("[256, 16]", "[256, 17]", "256 rows of 17 bits are more than the 4096 of a memory"),
        ("[256, 16]", "[256]", "two numbers are wanted, not 1"),
        ('resource = "bram"', 'resource = "ram"', "there is no resource 'ram'"),
        ("resources.bram", "resources.eram", "resources must be lut, ff, dsp, bram and at most"),
        ("[9, 9]", "[9, 0]", "multipliers[0].operands[1] must be an integer in 1..64, not 0"),
        ('title = "A device"', 'title = "A', "Illegal character"),
    ],
)
def test_file_that_cannot_be_used(old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(IsomacError) as error:
        parse_target("mine", GOOD.replace(old, new))
    assert str(error.value).startswith("the file of target mine cannot be used: ")
    assert sentence in str(error.value)
