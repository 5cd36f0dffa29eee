"""Waveforms: of the first wrong image, or of the first one."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isomac_cosim.cosimulate import cosimulate
from isomac_cosim.runner import SIMULATOR
from isomac_cosim.toolchain import find_compiler
from tests.cosim.edit import edit_vectors
from tests.cosim.fst import lz4_block, read_fst
from tests.cosim.standin.bundle import StandIn

#: Cycles of the reset before the first inference, and the period in ps.
RESET_CYCLES, PERIOD = 5, 10_000


def test_wave_of_the_first_image(tmp_path: Path) -> None:
    report = cosimulate(StandIn().write(tmp_path), 1, wave=True, progress=False)
    assert report.bit_exact
    assert (report.wave_input, report.wave_reproduced) == (0, None)
    # From the bundle on, which may be moved.
    assert report.wave == "reports/cosim.fst"
    wave = read_fst(tmp_path / report.wave)
    assert (wave.start, wave.end) == (0, (RESET_CYCLES + report.simulated_cycles) * PERIOD)
    for name in (b"accelerator", b"layer_done", b"trace_address", b"elapsed"):
        assert name in wave.hierarchy


@pytest.mark.parametrize("mode", ["fast", "cycle"])
def test_wave_of_the_first_wrong_image(tmp_path: Path, mode: str) -> None:
    folder = StandIn().write(tmp_path)

    def change(arrays: dict[str, Any]) -> None:
        arrays["layer_1"][3, 0, 0, 0] ^= 1

    edit_vectors(folder, change)
    report = cosimulate(folder, wave=True, mode=mode, stall=0, progress=False)
    assert (report.wave_input, report.wave_reproduced) == (3, True)
    assert report.wave is not None
    assert read_fst(tmp_path / report.wave).variables > 20


DRIVER = """
#include <cstdio>
#include <string>
#include "lz4.h"
int main() {
    std::string source;
    for (int c; (c = std::getchar()) != EOF;) source.push_back(char(c));
    std::vector<char> target(LZ4_compressBound(int(source.size())));
    const int room = int(target.size());
    const int size = LZ4_compress_default(source.data(), target.data(), int(source.size()), room);
    if (size > room) return 1;
    std::fwrite(target.data(), 1, size_t(size), stdout);
}
"""


def test_lz4_blocks_can_be_read_again(tmp_path: Path) -> None:
    (tmp_path / "driver.cpp").write_text(DRIVER)
    program = tmp_path / "driver"
    sanitize = ["-fsanitize=undefined", "-fno-sanitize-recover"]
    command = [find_compiler(), "-O1", *sanitize, f"-I{SIMULATOR}", "driver.cpp", "-o", program]
    subprocess.run(command, cwd=tmp_path, check=True)
    random = np.random.default_rng(0)
    texts = [
        b"", b"a", b"abcdefghijklm", b"a" * 5, b"a" * 12, b"a" * 13, b"a" * 14, b"a" * 100_000,
        b"0123456789abcdefghij" * 50, bytes(random.integers(0, 256, 70_000, np.uint8)),
        bytes(random.integers(0, 2, 200_000, np.uint8)),
        b"".join(bytes(random.integers(0, 256, n, np.uint8)) + b"x" * n for n in range(1, 300)),
    ]  # fmt: skip
    for text in texts:
        packed = subprocess.run([program], input=text, check=True, capture_output=True).stdout
        assert lz4_block(packed) == text
    assert len(subprocess.run([program], input=texts[7], capture_output=True).stdout) < 500
