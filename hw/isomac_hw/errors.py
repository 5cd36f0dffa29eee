"""Codes of the ``error`` port; a core that reports one stays stopped until reset."""

from enum import IntEnum


class ErrorCode(IntEnum):
    """Why the core stopped; 0 means that it did not."""

    NONE = 0
    #: A job whose numbers do not fit this hardware, or a kind of job that it does not have.
    ILLEGAL_JOB = 1
    #: The program ran past its last row without a job that ends it.
    PROGRAM_END = 2
    #: A word inside the map was to be read from beyond the activation memory.
    ACTIVATION_READ = 3
    #: A word was to be written beyond the activation memory.
    ACTIVATION_WRITE = 4
    #: A weight was to be read from beyond the weight memory.
    WEIGHT_READ = 5
    #: A row was to be read from beyond the requantization memory.
    REQUANT_READ = 6
    #: A load packet named a memory that does not exist, or more rows than it has.
    LOAD = 7
