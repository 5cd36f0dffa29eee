"""The model file that a bundle came from, kept in the bundle for whoever wants to run it."""

from pathlib import Path

from isomac.importers.registry import Imported


def write_model(imported: Imported, folder: Path) -> dict[str, str]:
    """Write the model file to a bundle, and return what the manifest says about it.

    How its tensors go with those of the graph is not written down a second time: reading the file
    again gives the same graph and says it.
    """
    name = f"model{imported.file.path.suffix.lower()}"
    data = imported.file.data if imported.embedded is None else imported.embedded
    (folder / name).write_bytes(data)
    return {"file": name, "format": imported.format, "kernels": imported.file.kernels}
