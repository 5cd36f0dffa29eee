"""ONNX models with quantize and dequantize nodes (QDQ)."""

from isomac.importers.registry import Imported, ModelFile, imports


@imports(".onnx")
def import_onnx(file: ModelFile) -> Imported:
    """Return the network in an ONNX file.

    Raises
    ------
    IsomacError
        If it is damaged, is not quantized, or holds what cannot be turned into integers.
    """
    from isomac.importers.onnx.reader import read_onnx

    return read_onnx(file)
