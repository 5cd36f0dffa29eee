"""The quantizer that torchao asks how each node is to be quantized."""

from torch.fx import GraphModule

from isomac.frontend.annotations import Annotations
from isomac.frontend.handler import operator_of
from isomac.frontend.nodes import inputs, is_value
from isomac.frontend.pt2e import Quantizer


class IntegerQuantizer(Quantizer):
    """int8 everywhere: weights symmetric for each output channel, activations affine.

    Each operator says itself how its result and its constants are quantized.
    """

    def annotate(self, model: GraphModule) -> GraphModule:
        """Annotate every value of a graph that passed `isomac.frontend.refusals`."""
        annotations = Annotations()
        for node in inputs(model.graph):
            annotations.own(node)
        for node in model.graph.nodes:
            operator = operator_of(node)
            if operator is not None:
                operator.annotate(node, annotations)
        annotations.write([node for node in model.graph.nodes if is_value(node)])
        return model

    def validate(self, model: GraphModule) -> None:
        """Require that no value was forgotten."""
        for node in model.graph.nodes:
            if node.op == "call_function" and is_value(node) and operator_of(node) is None:
                raise AssertionError(f"{node.format_node()} has no operator")
