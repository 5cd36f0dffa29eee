"""A model whose constants lie in other files as one file."""

from isomac.importers.registry import ModelFile


def embedded(file: ModelFile) -> bytes | None:
    """Return the content of a model with all its constants inside, None if they are there already.

    The model was read before, so that the other files are where they may be and hold what they
    must.
    """
    from onnx import ModelProto
    from onnx.external_data_helper import load_external_data_for_model

    model = ModelProto.FromString(file.data)
    size = model.ByteSize()
    load_external_data_for_model(model, str(file.path.resolve().parent))
    return None if model.ByteSize() == size else bytes(model.SerializeToString())
