"""Int8 networks in TensorFlow Lite files."""

from isomac.importers.registry import Imported, ModelFile, imports


@imports(".tflite", kernels=("litert", "tflm"))
def import_tflite(file: ModelFile) -> Imported:
    """Return the network in a TFLite file, an `isomac.importers.tflite.imported.ImportedTflite`.

    With the kernels "litert" its bytes are those of LiteRT's reference kernels, `BUILTIN_REF`; with
    "tflm" its outputs are those of TFLite Micro, whose FULLY_CONNECTED rounds twice.

    Raises
    ------
    IsomacError
        If it is damaged, is not quantized to int8, or holds an operator that is not supported.
    """
    from isomac.importers.tflite.walk import read_tflite

    return read_tflite(file)
