"""The bundle: a folder with everything that co-simulation and an FPGA tool need."""
