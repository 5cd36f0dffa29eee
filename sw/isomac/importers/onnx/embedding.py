"""A model whose constants lie in other files as one file."""

from isomac.importers.onnx.tensors import external_bytes, is_external
from isomac.importers.registry import ModelFile


def embedded(file: ModelFile) -> bytes | None:
    """Return the content of a model with all its constants inside, None if they are there already.

    Raises
    ------
    IsomacError
        If another file is not where it was when the model was read.
    """
    from onnx import ModelProto, TensorProto

    model = ModelProto.FromString(file.data)
    outside = [tensor for tensor in model.graph.initializer if is_external(tensor)]
    if not outside:
        return None
    for tensor in outside:
        data = external_bytes(tensor, file, tensor.name)
        tensor.ClearField("external_data")
        tensor.data_location = TensorProto.DEFAULT
        tensor.raw_data = data
    return bytes(model.SerializeToString())
