"""The scoreboard: judges captures of either bench and keeps the tally."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from isomac_cosim.bundle import Bundle
from isomac_cosim.capture import Capture, Status
from isomac_cosim.compare import Difference, OutputComparer, TensorComparer
from isomac_cosim.expected import Expected
from isomac_cosim.manifest import Layer
from isomac_cosim.tally import LayerTally, Mismatch, Tally
from isomac_hw.errors import ErrorCode

#: Sentences kept of each kind; one fault tends to repeat in every layer and image.
MAX_SENTENCES = 10


class Scoreboard:
    """Compares captures with expected values.

    Parameters
    ----------
    bundle: whose manifest says what lies where.
    expected: of all inputs that will be captured.
    stalled: the streams were stalled at random: arrival and departure take more cycles than
        predicted, the layers between them do not.
    """

    def __init__(self, bundle: Bundle, expected: Expected, *, stalled: bool) -> None:
        self._manifest = bundle.manifest
        self._expected = expected
        self._stalled = stalled
        self._comparers = {
            index: TensorComparer(layer.storage, bundle.manifest.word_bytes)
            for index, layer in enumerate(bundle.manifest.layers)
            if layer.storage is not None
        }
        self._output = OutputComparer(bundle.manifest.output_tensors, bundle.manifest.word_bytes)
        #: Output words, int8 (N, words, M), of the captures checked so far.
        self.outputs: list[NDArray[np.int8]] = []
        self.tally = Tally(layers=[LayerTally() for _ in bundle.manifest.layers])

    def check(self, capture: Capture, first_input: int) -> bool:
        """Judge a capture whose inference 0 was fed with input `first_input` of the bundle.

        Returns
        -------
        bool
            False if the core did not come to the end of it.
        """
        self.outputs.append(capture.output[: capture.completed].copy())
        for begin, count in _uniform_runs(capture):
            self._check_run(capture, begin, count, first_input + begin)
        if capture.status is not Status.COMPLETE:
            self._check_incomplete(capture, first_input + capture.completed)
            return False
        return True

    def check_stream(
        self,
        status: Status,
        output: NDArray[np.int8],
        ends: NDArray[np.uint32],
        first_input: int,
    ) -> None:
        """Judge inferences that ran back to back, by their output alone.

        `ends` are the cycles of the last output words, whose mean distance is the throughput.
        """
        if status is not Status.COMPLETE:
            self._fail(f"Back to back, the core did not come to its end: {status.name}.")
            return
        row = first_input - self._expected.start
        compared = self._output.compare(output, self._expected.output[row : row + len(output)])
        wrong = sum(int(difference.wrong.sum()) for _, difference in compared)
        if wrong:
            self._fail(f"Back to back, {wrong} bytes of the output are wrong.")
        self.tally.back_to_back_cycles = float(ends[-1] - ends[0]) / (len(ends) - 1)

    def _check_run(self, capture: Capture, begin: int, count: int, first_input: int) -> None:
        """Judge `count` complete inferences, which wrote to the same addresses in one order."""
        layers = range(len(self._manifest.layers))
        results = [self._check_layer(capture, begin, count, index, first_input) for index in layers]
        row = first_input - self._expected.start
        outputs = self._output.compare(
            capture.output[begin : begin + count], self._expected.output[row : row + count]
        )
        for _, difference in outputs:
            self._add(len(layers) - 1, difference)
        self._keep_first(
            [
                *((index, None, difference) for index, difference in enumerate(results)),
                *((len(layers) - 1, tensor, difference) for tensor, difference in outputs),
            ],
            first_input,
        )
        for offset in range(count):
            self._check_outcome(capture, begin + offset, first_input + offset)
        self.tally.inputs += count

    def _check_layer(
        self, capture: Capture, begin: int, count: int, index: int, first_input: int
    ) -> Difference:
        """Compare what one layer wrote in `count` uniform inferences."""
        layer = self._manifest.layers[index]
        writes = capture.writes(begin, index)
        length = writes.stop - writes.start
        if index not in self._comparers:
            difference = Difference(0, np.zeros(count, np.int64), None, outside=length)
        else:
            # Inferences of a run have equally many writes: their data is one array (N, W, M).
            run = capture.writes(begin, 0).start
            period = capture.writes(begin, -1).stop - run
            data = capture.data[run : run + count * period].reshape(count, period, -1)
            row = first_input - self._expected.start
            difference = self._comparers[index].compare(
                capture.addresses[writes],
                data[:, writes.start - run : writes.stop - run],
                self._expected.layers[index][row : row + count],
            )
        self._add(index, difference)
        self._note_writes(layer, difference, first_input)
        return difference

    def _add(self, index: int, difference: Difference) -> None:
        entry = self.tally.layers[index]
        entry.compared += difference.compared
        entry.mismatches += int(difference.wrong.sum())

    def _note_writes(self, layer: Layer, difference: Difference, first_input: int) -> None:
        of = f"layer {layer.title}, image {first_input}"
        if difference.outside:
            self._fail(f"In {of}: {difference.outside} writes lie outside the layer's storage.")
        if difference.missing:
            self._fail(f"In {of}: {difference.missing} words of the result were never written.")
        if difference.repeated:
            self._fail(f"In {of}: {difference.repeated} writes went to words already written.")

    def _keep_first(
        self, results: Sequence[tuple[int, str | None, Difference]], first_input: int
    ) -> None:
        """Remember the first wrong byte: the earliest input, then the earliest layer.

        `results` holds the layer's index, the output tensor's name if it is one, and what differs.
        """
        wrong = [entry for entry in results if entry[2].first is not None]
        if self.tally.first is not None or not wrong:
            return

        def inference(entry: tuple[int, str | None, Difference]) -> int:
            assert entry[2].first is not None
            return entry[2].first.inference

        index, tensor, result = min(wrong, key=inference)
        first = result.first
        assert first is not None
        layer = self._manifest.layers[index]
        self.tally.first = Mismatch(
            input=first_input + first.inference,
            layer=layer.name,
            operation=layer.operation,
            tensor=tensor,
            position=first.position,
            expected=first.expected,
            found=first.found,
            wrong=int(result.wrong[first.inference]),
            total=result.compared // len(result.wrong),
        )

    def _check_outcome(self, capture: Capture, inference: int, image: int) -> None:
        """Judge the counters of one complete inference."""
        manifest, outcome = self._manifest, capture.outcomes[inference]
        for what, found, wanted in (
            ("input words were taken", int(outcome["inputs"]), manifest.input_words),
            ("output words were sent", int(outcome["outputs"]), manifest.output_words),
            ("layers ended", int(outcome["layers"]), len(manifest.layers)),
        ):
            if found != wanted:
                self._fail(f"In image {image}: {found} {what} before done, not {wanted}.")
        if outcome["strays"]:
            self._fail(f"After image {image} the core was not at rest.")
        if outcome["violations"]:
            self._fail(
                f"In image {image} the bus or its registers broke their rules:"
                f" {outcome['violations']} times."
            )
        cycles, port = int(outcome["cycles"]), int(outcome["cycles_port"])
        self.tally.cycles.append(cycles)
        if port != cycles:
            self._differ(f"Image {image} took {cycles} cycles, but the port says {port}.")
        if outcome["layers"] == len(manifest.layers):
            self._check_cycles(capture.layer_cycles[inference], cycles, image)

    def _check_cycles(self, measured: NDArray[np.uint32], cycles: int, image: int) -> None:
        """Compare the cycles of each layer with the prediction."""
        layers = self._manifest.layers
        if int(measured.sum()) != cycles:
            self._differ(
                f"The layers of image {image} add up to {measured.sum()} cycles, not {cycles}."
            )
        for index, layer in enumerate(layers):
            entry, found = self.tally.layers[index], int(measured[index])
            if entry.cycles is None:
                entry.cycles = found
            streams = index in (0, len(layers) - 1)
            if found != layer.predicted_cycles and not (self._stalled and streams):
                entry.cycles_differ = True
                self._differ(
                    f"Layer {layer.title} of image {image} took {found} cycles; "
                    f"{layer.predicted_cycles} were predicted."
                )

    def _check_incomplete(self, capture: Capture, image: int) -> None:
        """Judge the layers that ended before the core stopped, and say why it stopped."""
        inference, outcome = capture.completed, capture.outcomes[capture.completed]
        layers = self._manifest.layers
        ended = min(int(outcome["layers"]), len(layers))
        results = [
            (index, None, self._check_layer(capture, inference, 1, index, image))
            for index in range(ended)
        ]
        self._keep_first(results, image)
        place = f"image {image}"
        if ended < len(layers):
            place = f"layer {layers[ended].title} of {place}"
        if capture.status is Status.ERROR_CODE:
            code = int(outcome["error"])
            known = {entry.value: entry.name for entry in ErrorCode}
            self._fail(f"In {place} the core stopped with error {code} ({known.get(code, '?')}).")
        elif capture.status is Status.WRITE_OVERFLOW:
            self._fail(f"In {place} the core wrote far more words than the layers have.")
        else:
            self._fail(f"In {place} the core hung: it was stopped at the limit of cycles.")

    def _fail(self, sentence: str) -> None:
        if len(self.tally.failures) < MAX_SENTENCES:
            self.tally.failures.append(sentence)

    def _differ(self, sentence: str) -> None:
        if len(self.tally.cycle_differences) < MAX_SENTENCES:
            self.tally.cycle_differences.append(sentence)


def _uniform_runs(capture: Capture) -> Iterator[tuple[int, int]]:
    """(begin, count) of runs of complete inferences that wrote to equal addresses in one order.

    The schedule is static, so a batch is nearly always one run, which is compared at once.
    """
    count = capture.completed
    if count == 0:
        return
    ends = capture.layer_end[:count].astype(np.int64)
    starts = np.concatenate(([0], ends[:-1, -1]))
    relative = ends - starts[:, None]
    writes = int(relative[0, -1])
    if (relative == relative[0]).all():
        addresses = capture.addresses[: count * writes].reshape(count, writes)
        if (addresses == addresses[0]).all():
            yield 0, count
            return
    for inference in range(count):
        yield inference, 1
