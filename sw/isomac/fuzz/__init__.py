"""Random proof: thousands of random integer graphs on a few programmable accelerators.

`generator/` makes the graphs, `shapes.py` says on which hardware they run, `campaign.py` runs and
counts them, `shrink.py` makes a failing one small and `source.py` writes it as a Python file.
"""
