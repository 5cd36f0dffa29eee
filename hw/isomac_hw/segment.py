"""What travels with a segment from the walker through the window to the array."""

from amaranth.lib import data

#: Flags of a segment, the words that one kernel row (or part of it) of one channel block needs.
SEGMENT_TAGS = data.StructLayout(
    {
        # Position in the loops: decides how many taps and bytes the segment has.
        "last_column": 1,
        "first_block": 1,
        "last_block": 1,
        # Position in the tile: where sums start and end.
        "first": 1,
        "last": 1,
        # The last channel tile of a pixel tile: the weights start again.
        "last_channel_tile": 1,
        # The last segment of the job.
        "job_end": 1,
    }
)
