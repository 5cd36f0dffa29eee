"""Thousands of damaged files: each is imported or refused, in little time and little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ai_edge_litert")

from tests.sw.importers.tflite.chains import Chain
from tests.sw.importers.tflite.models import MODELS
from tests.sw.importers.tflite.test_layout import CHAINS
from tests.sw.importers.tflite.writer import Draw

ROOT = Path(__file__).resolve().parents[4]
FIXTURES = ROOT / "tests/sw/importers/fixtures/tflite"
COUNT = 2400


def test_mutants(tmp_path: Path) -> None:
    files = [FIXTURES / "borders_float.tflite", FIXTURES / "pools_fashion.tflite"]
    for number, build in enumerate(CHAINS):
        files.append(tmp_path / f"chain_{number}.tflite")
        files[-1].write_bytes(build(Chain()))
    for number, model in enumerate(MODELS.values()):
        files.append(tmp_path / f"model_{number}.tflite")
        files[-1].write_bytes(model(Draw(0))[0])
    command = ["-m", "tests.sw.importers.tflite.mutation_worker", str(COUNT), "0"]
    # Each thread of a library reserves memory of its own.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *command, *map(str, files)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *failures, counts = [json.loads(line) for line in done.stdout.splitlines()]
    assert not failures
    assert counts["imported"] > COUNT / 20
    assert counts["refused"] > COUNT / 2
    assert counts["imported"] + counts["refused"] == COUNT
    assert counts["slowest"] < 5
