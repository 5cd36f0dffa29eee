"""The commands: each module here registers one with `isomac.cli.group.isomac`.

What is slow to import, such as PyTorch, is imported when a command runs, so that `--help` is quick.
"""
