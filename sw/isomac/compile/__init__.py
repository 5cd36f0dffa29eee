"""From the integer graph to a program: work, addresses, jobs, constants, and the cycles to expect."""
