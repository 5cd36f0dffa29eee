"""Ways into a system: the core behind AXI or Wishbone, with registers.

`stream` is :class:`isomac_hw.accelerator.Accelerator` as it is; the others put the same core behind
the registers of `register_map.py`.
"""
