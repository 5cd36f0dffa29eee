"""Co-simulation: proves that the Verilog of a bundle computes every byte exactly as expected.

Knows nothing of models: its contract is the bundle folder. Start with `isomac_cosim.cosimulate`;
what runs inside the simulator is in `isomac_cosim.bench`.
"""
