"""Find the observers around an operation in the module that torchao prepared for calibration."""

from torch.fx import GraphModule, Node

from isomac.frontend.observers import ActivationObserver
from isomac.frontend.pt2e import ObserverBase


def observer(prepared: GraphModule, node: Node) -> ObserverBase | None:
    """Return the observer that `node` calls, None if it is another node."""
    if node.op != "call_module":
        return None
    module = prepared.get_submodule(str(node.target))
    return module if isinstance(module, ObserverBase) else None


def input_observer(prepared: GraphModule, node: Node) -> ActivationObserver:
    """Return the observer `node` through which an operation reads an activation."""
    found = observer(prepared, node)
    assert isinstance(found, ActivationObserver)
    return found


def output_observer(prepared: GraphModule, node: Node) -> ActivationObserver:
    """Return the observer behind an operation and the activations that are folded into it."""
    while observer(prepared, node) is None:
        (node,) = node.users
    return input_observer(prepared, node)
