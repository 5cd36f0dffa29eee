"""The top level for each interface."""

from amaranth.lib import wiring

from isomac_hw.accelerator import Accelerator
from isomac_hw.interfaces.axi import AxiAccelerator
from isomac_hw.interfaces.control import StreamWords
from isomac_hw.interfaces.ports import INTERFACES
from isomac_hw.interfaces.wishbone import WishboneAccelerator
from isomac_hw.parameters import AcceleratorParameters


def top_level(
    parameters: AcceleratorParameters, interface: str, words: StreamWords
) -> wiring.Component:
    """An accelerator with an interface.

    Parameters
    ----------
    parameters
        Of the core.
    interface
        One of :data:`isomac_hw.interfaces.ports.INTERFACES`.
    words
        Of the network that it is made for.

    Raises
    ------
    ValueError
        If there is no such interface, or the accelerator cannot have it.
    """
    if interface == "stream":
        return Accelerator(parameters)
    behind_bus = {"axi": AxiAccelerator, "wishbone": WishboneAccelerator}.get(interface)
    if behind_bus is None:
        raise ValueError(f"Interface must be one of {', '.join(INTERFACES)}, not {interface!r}")
    return behind_bus(parameters, words if parameters.mode == "fixed" else None)
