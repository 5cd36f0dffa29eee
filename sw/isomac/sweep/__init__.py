"""The sweep: accelerators of many shapes and networks, synthesized, placed and routed.

Its rows are what the resource models of `isomac.resources` are fitted on.
"""
