"""When the benches stop waiting, and how much they take at once."""

from isomac_cosim.manifest import Manifest

#: Simulated cycles of a batch: well below a second of wall time, far above the cost of a batch.
BATCH_CYCLES = 400_000
#: Bytes of captured writes of a batch.
BATCH_BYTES = 64 << 20


def cycle_limit(manifest: Manifest, stall: float) -> int:
    """Cycles after which an inference counts as hung; generous, for a prediction may be wrong."""
    words = manifest.input_words + manifest.output_words
    # The streams take at most a cycle for each byte, whatever the bus.
    per_word = max(8, 2 * manifest.word_bytes if manifest.interface == "wishbone" else 0)
    return 4 * manifest.predicted_cycles + 10_000 + int(per_word * words / (1 - stall))


def write_capacity(manifest: Manifest) -> int:
    """Memory writes after which an inference counts as run wild."""
    storages = (layer.storage for layer in manifest.layers)
    words = sum(storage.words for storage in storages if storage is not None)
    return 2 * words + 1000


def batch_size(manifest: Manifest) -> int:
    """Inferences of a batch."""
    by_cycles = BATCH_CYCLES // max(1, manifest.predicted_cycles)
    by_bytes = BATCH_BYTES // (write_capacity(manifest) * (manifest.word_bytes + 4))
    return max(1, min(by_cycles, by_bytes))
