"""Numeric limits of the integer graph, each with the reason it has."""

INT8_MIN = -128
INT8_MAX = 127

#: The rounding constant is `1 << (shift - 1)`, so there is no shift of 0. At 62, the widest product
#: (31-bit accumulator times 31-bit multiplier) plus the rounding constant still fits 64 bits.
SHIFT_MIN = 1
SHIFT_MAX = 62

#: How a product is rounded when it is shifted down. "single" is TOSA's SINGLE_ROUND, half up.
#: "double" is TOSA's DOUBLE_ROUND and TFLite's arithmetic: half up at bit 31, then half away from
#: zero, which comes to half up with 2**30 more for a product from 0 on and 2**30 less for one
#: below 0, where the shift is above 31.
ROUNDINGS = ("single", "double")

#: Multipliers are non-negative and below this.
MULTIPLIER_LIMIT = 1 << 31

#: The magnitude of every accumulator stays below this: sums are int32.
ACCUMULATOR_LIMIT = 1 << 31

#: Largest entry of a softmax table: exp(0) with 16 fractional bits.
SOFTMAX_TABLE_MAX = 1 << 16

#: Exponentials with 31 fractional bits: entries of the table of a `NewtonSoftmax`.
EXPONENTIAL_MAX = (1 << 31) - 1

#: Largest left shift of an operand of an `AlignedAdd`; TFLite has 20.
LEFT_SHIFT_MAX = 22

#: Largest magnitude of a factor of a `Scale`: the distance of two int8 values.
FACTOR_MAX = 255

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
