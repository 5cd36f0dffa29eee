"""Which ReLU disappears in the clamp of the operation before it."""

from torch.fx import Node

from isomac.frontend.handler import Activation, operator_of


def has_open_clamp(node: Node) -> bool:
    """Return whether `node` is an operation with a clamp, or an activation folded into one."""
    operator = operator_of(node)
    return operator is not None and (operator.clamps or is_folded(node))


def is_folded(node: Node) -> bool:
    """Return whether `node` is an activation that directly and exclusively follows such a clamp."""
    if not isinstance(operator_of(node), Activation):
        return False
    (producer,) = node.all_input_nodes
    return len(producer.users) == 1 and has_open_clamp(producer)


def is_absorbing(node: Node) -> bool:
    """Return whether an activation behind `node` is folded into it, so that it is not quantized."""
    return len(node.users) == 1 and all(is_folded(user) for user in node.users)
