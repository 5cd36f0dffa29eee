"""The other end of cosim_speed.py: cocotb as it comes, waiting for `done` with its own clock.

Runs inside the simulator process. Arrival of the input is driven cycle by cycle and not measured.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from cocotb.utils import get_sim_time

#: Period of the clock in ns.
PERIOD = 10


@cocotb.test()
async def wait_for_done(dut: Any) -> None:
    """Run inferences and leave cycles and seconds of the time between last input and `done`."""
    job = json.loads(Path(os.environ["COSIM_SPEED_JOB"]).read_text())
    for name in ("rst", "start", "input_valid", "output_ready"):
        getattr(dut, name).value = 0
    Clock(dut.clk, PERIOD, "ns").start()
    edge = RisingEdge(dut.clk)
    dut.rst.value = 1
    for _ in range(4):
        await edge
    dut.rst.value = 0
    dut.output_ready.value = 1
    cycles, seconds = 0.0, 0.0
    for _ in range(job["inferences"]):
        dut.start.value = 1
        dut.input_valid.value = 1
        for word in job["words"]:
            dut.input_data.value = word
            await edge
            while dut.input_ready.value != 1:
                await edge
        dut.start.value = 0
        dut.input_valid.value = 0
        before, begin = get_sim_time("ns"), time.perf_counter()
        await RisingEdge(dut.done)
        seconds += time.perf_counter() - begin
        cycles += (get_sim_time("ns") - before) / PERIOD
        await edge
        await edge
    Path(job["result"]).write_text(json.dumps([cycles, seconds]))
