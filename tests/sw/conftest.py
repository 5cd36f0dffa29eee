"""Settings of all tests of `isomac`."""

import torch

# The networks of the tests are small: threads that wait for each other cost more than they bring,
# and the tests themselves run in several processes.
torch.set_num_threads(1)
