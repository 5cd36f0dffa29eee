"""The cocotb test of a batch: takes cases from a socket, runs them, answers with tallies."""

import json
import os
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

import cocotb

from isomac_cosim.batch_case import SOCKET, ReceivedCase, tally_to_bytes
from isomac_cosim.bench.burst import Simulator
from isomac_cosim.bench.fast import infer_all
from isomac_cosim.bundle import Bundle
from isomac_cosim.errors import CosimError
from isomac_cosim.scoreboard import Scoreboard


@cocotb.test()
async def serve(dut: Any) -> None:
    """Run case after case until the other side closes the socket; time stands still between."""
    with Client(os.environ[SOCKET], family="AF_UNIX") as connection:
        while True:
            try:
                message = connection.recv_bytes()
            except EOFError:
                return
            connection.send_bytes(await _answer(message))


async def _answer(message: bytes) -> bytes:
    """The tally of one case, or a sentence on what is wrong with the case itself."""
    try:
        case = ReceivedCase.from_bytes(message)
    except CosimError as error:
        return json.dumps({"error": str(error)}).encode()
    bundle = Bundle(Path(), case.manifest, len(case.inputs))
    scoreboard = Scoreboard(bundle, case.expected, stalled=case.manifest.stalls(0))
    await infer_all(
        Simulator(case.manifest),
        case.manifest,
        case.load,
        case.inputs,
        0,
        scoreboard,
        lambda done: None,
    )
    return tally_to_bytes(scoreboard.tally)
