"""Int8 networks in TensorFlow Lite files."""

from isomac.importers.registry import Imported, ModelFile, imports


@imports(".tflite")
def import_tflite(file: ModelFile) -> Imported:
    """Return the network in a TFLite file, an `isomac.importers.tflite.imported.ImportedTflite`.

    Raises
    ------
    IsomacError
        If it is damaged, is not quantized to int8, or holds an operator that is not supported.
    """
    from isomac.importers.tflite.walk import read_tflite

    return read_tflite(file)
