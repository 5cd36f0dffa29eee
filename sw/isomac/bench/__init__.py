"""The benchmark suite: networks, their accelerators on several budgets, and what they must reach.

`isomac bench` runs it. `networks/` holds the topologies, one file each; `isomac.bench.run` makes a
row of the table, `isomac.bench.render` prints it.
"""
