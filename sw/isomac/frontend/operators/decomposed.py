"""Operators that only appear after `run_decompositions`; the front end reads what came before."""

import torch
from torch.fx import Node

from isomac.frontend.handler import Handler, handles

_aten = torch.ops.aten


@handles(
    _aten._adaptive_avg_pool2d.default,
    _aten._native_batch_norm_legit_no_training.default,
    _aten._softmax.default,
    _aten.addmm.default,
    _aten.convolution.default,
)
class Decomposed(Handler):
    """Refused, with the way out."""

    def refuse(self, node: Node) -> str | None:
        return "the program was decomposed; use it as torch.export.export returns it"
