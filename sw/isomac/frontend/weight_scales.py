"""Lower bounds of weight scales, so that biases fit int32 and multipliers keep their bits.

The bias of a layer is stored in steps of s_x * s_w, and its sums are rescaled by s_x * s_w / s_y.
A channel whose weights are all zero or tiny, as pruning and folded batch norms leave them, would
get a scale s_w so small that the bias overflows, the accumulator grows to 32 bits for nothing, or
the shift leaves its range. Such a channel gets a larger scale; what its weights lose lies far below
one step of the output.
"""

import torch
from torch.fx import GraphModule, Node

from isomac.errors import IsomacError
from isomac.frontend.handler import operator_of
from isomac.frontend.naming import readable_name, source
from isomac.frontend.nodes import arguments, constant
from isomac.frontend.observers import WEIGHT_MAX, ActivationObserver, PerChannelWeightObserver
from isomac.frontend.prepared import input_observer, observer, output_observer

#: Smallest s_x * s_w / s_y. A weight is rounded by at most half a step of it, which for 4,608
#: inputs of an output makes 0.002 steps of the output, and 0.6 at worst.
SMALLEST_RATIO = 2.0**-20

#: The same for a channel without weights, which needs no more than a precise bias.
SMALLEST_RATIO_WITHOUT_WEIGHTS = 2.0**-8

#: Largest bias in multiples of the largest possible sum of products. Where it would be larger, the
#: products hardly matter, and finer steps would only make the accumulator wider.
BIAS_TO_PRODUCTS = 4

#: Largest magnitude of a bias, which leaves the other half of int32 to the sums.
BIAS_LIMIT = 2.0**30

#: Largest product of a weight and the distance of an activation from its zero point.
_PRODUCT_MAX = WEIGHT_MAX * 255


def check_ranges(prepared: GraphModule) -> None:
    """Require every activation to have stayed finite during calibration.

    Raises
    ------
    IsomacError
        With the name and the line of the first operation whose result did not.
    """
    for node in prepared.graph.nodes:
        found = observer(prepared, node)
        if isinstance(found, ActivationObserver) and not found.is_finite:
            (value,) = node.all_input_nodes
            place = f" ({source(value)})" if source(value) else ""
            raise IsomacError(
                f"the result of {readable_name(value)!r}{place} overflows or is not a number for"
                f" some of the calibration data"
            )


def bound_weight_scales(prepared: GraphModule) -> None:
    """Set the lower bounds in the weight observers of a calibrated module."""
    for node in prepared.graph.nodes:
        operator = operator_of(node)
        if operator is not None and operator.weighted:
            _bound(prepared, node)


def _bound(prepared: GraphModule, node: Node) -> None:
    values = arguments(node)
    weight = observer(prepared, values["weight"])
    assert isinstance(weight, PerChannelWeightObserver)
    input_scale = input_observer(prepared, values["input"]).scale
    output_scale = output_observer(prepared, node).scale
    natural = weight.natural_scale().to(torch.float64)
    ratio = torch.full_like(natural, SMALLEST_RATIO)
    ratio[natural == 0] = SMALLEST_RATIO_WITHOUT_WEIGHTS
    floor = ratio * output_scale / input_scale
    if values["bias"] is not None:
        (bias,), (kernel,) = values["bias"].all_input_nodes, values["weight"].all_input_nodes
        magnitude = constant(prepared, bias).abs().to(torch.float64)
        products = constant(prepared, kernel)[0].numel() * _PRODUCT_MAX
        floor = floor.max(magnitude / input_scale / min(BIAS_TO_PRODUCTS * products, BIAS_LIMIT))
    weight.floor = floor.to(torch.float32)
