"""Links of the per-cycle bench to the accelerator, one for each interface, with random stalls."""
