"""From the integer graph to a program: work, addresses, jobs, constants, cycles."""
