"""Random valid integer graphs: start with `graphs.random_graph`."""
