"""The cycle counters against two numbers in Python."""

import random

from amaranth.sim import SimulatorContext

from isomac_hw.counters import Counters
from tests.hw.bench import simulate


class Twin:
    """Cycles since the first accepted word, and since the layer before."""

    def __init__(self) -> None:
        self.counting = False
        self.cycles = self.layer = self.layer_cycles = self.layer_done = 0

    def tick(self, *, reset: bool, accepted: bool, layer_end: bool, finished: bool) -> None:
        if accepted and not self.counting:
            self.counting = True
            self.cycles = self.layer = 0
        if self.counting and not finished:
            self.cycles += 1
            self.layer += 1
        self.layer_done = layer_end
        if layer_end:
            self.layer_cycles, self.layer = self.layer, 0
        if finished or reset:
            self.counting = False


def run(events: list[dict[str, bool]]) -> list[tuple[int, int, int]]:
    """Apply the events of each cycle; returns (cycles, layer_done, layer_cycles) after each."""
    dut = Counters()
    found = []

    async def testbench(ctx: SimulatorContext) -> None:
        for event in events:
            for name in ("reset", "input_accepted", "layer_end", "finished"):
                ctx.set(getattr(dut, name), event.get(name, False))
            await ctx.tick()
            found.append(tuple(ctx.get(s) for s in (dut.cycles, dut.layer_done, dut.layer_cycles)))

    simulate(dut, testbench)
    return found


def inference(generator: random.Random, layers: list[int]) -> list[dict[str, bool]]:
    """An inference whose layers take so many cycles, after some idle ones.

    The end of the last one is seen in the cycle after it.
    """
    events: list[dict[str, bool]] = [{} for _ in range(generator.randrange(3))]
    events += [{"reset": True}, *({} for _ in range(generator.randrange(3)))]
    for index, cycles in enumerate(layers):
        for cycle in range(cycles):
            first = index == cycle == 0
            events.append(
                {
                    "input_accepted": first or (index == 0 and generator.random() < 0.5),
                    "layer_end": cycle == cycles - 1 and index < len(layers) - 1,
                }
            )
    return [*events, {"layer_end": True, "finished": True}]


def test_inferences() -> None:
    generator = random.Random(1)
    layers = [[1], [1, 1], [5, 1, 3], [2, 9], [3], [1, 4]]
    events = [event for counts in layers for event in inference(generator, counts)]
    # One that is given up within a layer, and the next.
    events += inference(generator, [6, 6])[:-3]
    events += inference(generator, [1, 2])
    twin = Twin()
    for event, found in zip(events, run(events), strict=True):
        twin.tick(
            reset=event.get("reset", False),
            accepted=event.get("input_accepted", False),
            layer_end=event.get("layer_end", False),
            finished=event.get("finished", False),
        )
        assert found[:2] == (twin.cycles, twin.layer_done)
        if twin.layer_done:
            assert found[2] == twin.layer_cycles


def test_by_hand() -> None:
    """Three cycles of input and two of a layer; the total stays until the next input."""
    accept, end = {"input_accepted": True}, {"layer_end": True}
    last = {"layer_end": True, "finished": True}
    found = run(
        [{}, {"reset": True}, {}, accept, {}, accept | end, {}, {}, last, {"reset": True}, {}]
    )
    assert [cycles for cycles, _, _ in found] == [0, 0, 0, 1, 2, 3, 4, 5, 5, 5, 5]
    assert [layer for _, done, layer in found if done] == [3, 2]
