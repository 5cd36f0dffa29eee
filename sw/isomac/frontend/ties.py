"""Keep sums without weights from lying halfway between two steps all the time.

Values that reach the same bound, as behind a ReLU6, give sums and means whose scale is exactly 1, 2
or another simple fraction of that of the operands. Then many results are ties: they are rounded up
in integers, but to even in PyTorch, and the mean of the result is shifted.
"""

import math
from fractions import Fraction

from torch.fx import GraphModule, Node

from isomac.frontend.handler import operator_of
from isomac.frontend.prepared import input_observer, output_observer

#: By how much the range of such a sum is widened.
TIE_MARGIN = 2.0**-9

#: Fractions with a larger denominator make few ties.
LARGEST_DENOMINATOR = 32


def avoid_ties(prepared: GraphModule) -> None:
    """Widen the range of the sums of a calibrated module whose results would often be ties.

    A sum that shares its parameters with an operand, as pooling and concatenation make them do,
    stays as it is.
    """
    for node in prepared.graph.nodes:
        operator = operator_of(node)
        if operator is not None and operator.sums:
            _widen(prepared, node)


def _widen(prepared: GraphModule, node: Node) -> None:
    result = output_observer(prepared, node)
    operands = [input_observer(prepared, operand) for operand in node.all_input_nodes]
    ratios = [operand.scale / result.scale for operand in operands]
    if result not in operands and all(_is_simple(ratio) for ratio in ratios):
        result.margin = TIE_MARGIN


def _is_simple(ratio: float) -> bool:
    fraction = Fraction(ratio).limit_denominator(LARGEST_DENOMINATOR)
    # The two scales are quotients of ranges in float32.
    return math.isclose(fraction, ratio, rel_tol=1e-6)
