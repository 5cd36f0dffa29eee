"""Numeric limits of the integer graph, each with the reason it has."""

INT8_MIN = -128
INT8_MAX = 127

#: The rounding constant is `1 << (shift - 1)`, so there is no shift of 0. At 62, the widest product
#: (31-bit accumulator times 31-bit multiplier) plus the rounding constant still fits 64 bits.
SHIFT_MIN = 1
SHIFT_MAX = 62

#: Multipliers are non-negative and below this.
MULTIPLIER_LIMIT = 1 << 31

#: The magnitude of every accumulator stays below this: sums are int32.
ACCUMULATOR_LIMIT = 1 << 31

#: Largest entry of a softmax table: exp(0) with 16 fractional bits.
SOFTMAX_TABLE_MAX = 1 << 16

#: With table entries of 17 bits, the product of entry and reciprocal stays far below 63 bits.
RECIPROCAL_BITS_MAX = 32

#: Smallest and largest scale of a tensor: its reciprocal and its products are finite in float32.
SCALE_MIN = 2.0**-64
SCALE_MAX = 2.0**64

#: Largest number of characters of a name, and of the source of an operation.
NAME_MAX = 1000

#: Largest stride, dilation, kernel or padding, and number of groups.
EXTENT_MAX = 1 << 16

#: Largest size of one dimension and largest number of values of one tensor or array.
DIMENSION_MAX = 1 << 24
ELEMENTS_MAX = 1 << 28
