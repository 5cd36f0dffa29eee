"""The networks of the suite: each module here registers one with `isomac.bench.registry`."""
