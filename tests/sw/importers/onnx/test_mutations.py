"""Thousands of damaged ONNX files: each is imported or refused, in time and in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
FILES = ("brevitas_qcdq", "brevitas_qonnx", "ort_int8", "ort_uint8", "pt2e_xnnpack")


@pytest.mark.parametrize("seed", [0, 1])
def test_mutants(seed: int) -> None:
    files = [str(HERE.parent / "fixtures" / "onnx" / f"{name}.onnx") for name in FILES]
    command = [sys.executable, "-W", "error", str(HERE / "mutation_worker.py"), "1500", str(seed)]
    done = subprocess.run([*command, *files], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    *failures, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert not failures, failures[0]
    assert last["imported"] + last["refused"] == 1500
    assert last["refused"] > 500
    assert last["slowest"] < 5
