"""FPGAs that accelerators are synthesized for. A target is one `.toml` file in this folder."""

from isomac.targets.registry import target, target_names
from isomac.targets.target import (
    MemoryBlock,
    MultiplierBlock,
    Pack,
    PlaceAndRoute,
    Resource,
    Target,
)

__all__ = [
    "MemoryBlock",
    "MultiplierBlock",
    "Pack",
    "PlaceAndRoute",
    "Resource",
    "Target",
    "target",
    "target_names",
]
