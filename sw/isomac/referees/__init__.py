"""Judges of the golden model that nobody here wrote: they run a model file on their own kernels.

Each is a module of this package, imported where it is needed, with what it runs on as an optional
part of the distribution: `pip install 'isomac[referees]'`.
"""

from isomac.referees.result import Agreement, compare

__all__ = ["Agreement", "compare"]
