"""Why each parameter is what it is: one line a parameter, for people and the manifest."""

from isomac.compile.program import Program
from isomac.compile.search import Choice
from isomac_hw.parameters import AcceleratorParameters


def shape_reason(choice: Choice | None) -> str:
    """Why the array has its shape."""
    if choice is None:
        return "given"
    text = (
        f"best of {choice.candidates} shapes within the budget: {choice.cycles:,} cycles, "
        f"{choice.bound / choice.cycles:.1%} of the bound of partial tiles"
    )
    if choice.runner_up is not None and choice.runner_up_cycles is not None:
        other = choice.runner_up
        text += (
            f"; {other.tile_rows}x{other.tile_columns}x{other.channel_lanes} would take "
            f"{choice.runner_up_cycles:,}"
        )
    return text


def _options(p: AcceleratorParameters) -> dict[str, tuple[str, str]]:
    """Those that only some accelerators have."""
    options = {}
    if p.lookup_tables:
        options["lookup tables"] = (
            f"{p.lookup_tables} of 256 bytes",
            f"functions of one value, in a memory for each of {p.requant_lanes} lanes",
        )
    if p.softmax is not None:
        cycles = p.softmax.reciprocal_cycles
        how = "Newton's iteration" if p.softmax.is_newton else "division"
        options["softmax"] = (
            f"256 entries of {p.softmax.table_bits} bits, {how}",
            f"exponentials; {p.softmax.sum_bits} bits of sum, a reciprocal in {cycles} cycles",
        )
    if p.overlap_input:
        options["overlap"] = ("input", "the next one arrives in memory of its own")
    return options


def reasons(program: Program, choice: Choice | None) -> dict[str, tuple[str, str]]:
    """Value and reason of each parameter, by name, in the order in which they are derived."""
    p = program.parameters
    largest = max(program.plan.base, key=lambda name: program.plan.base[name], default="")
    shifts = f"{p.shift_min} to {p.shift_min + (1 << p.shift_bits) - 1}"
    constant = sum(field.constant is not None for field in p.job_layout.fields)
    return {
        "pixel lanes P": (
            f"{p.tile_rows} x {p.tile_columns} = {p.pixel_lanes}",
            shape_reason(choice),
        ),
        "channel lanes M": (str(p.channel_lanes), f"with P: {p.multipliers} multipliers"),
        "requantization lanes R": (
            str(p.requant_lanes),
            f"a tile drains in {p.drain_steps} cycles a pixel, behind the next tile",
        ),
        "banks B": (str(p.banks), "activation words that the window takes in a cycle"),
        "window": (
            f"{p.tile_rows} x {p.window_columns} words",
            f"the longest segment; horizontal strides {', '.join(map(str, p.strides))}",
        ),
        "activation memory": (
            f"{p.activation_depth:,} words of {p.channel_lanes} bytes",
            f"liveness plan of {len(program.plan.base)} buffers, the highest is {largest!r}",
        ),
        "weight memory": (
            f"{p.weight_depth:,} words of {p.channel_lanes} bytes",
            "in order of use",
        ),
        "requantization memory": (
            f"{p.requant_depth:,} rows of {p.requant_row_bits} bits",
            "bias, multiplier and shift of each channel, R channels a row",
        ),
        "program memory": (
            f"{p.program_depth} jobs of {p.job_layout.width} bits",
            f"{constant} of {len(p.job_layout.fields)} fields are constants",
        ),
        "addresses": (
            f"{p.address_bits}, {p.weight_address_bits}, {p.requant_address_bits} bits",
            "of those memories, each a bit wider than its depth, so that overruns show",
        ),
        "input stream": (
            f"{p.channel_lanes} bytes a word",
            f"pixels of {', '.join(map(str, p.input_channels))} channels arrive without gaps",
        ),
        "accumulator": (
            f"{p.accumulator_bits} bits",
            "the largest sum of products that the weights allow",
        ),
        "bias, sum": (f"{p.bias_bits}, {p.sum_bits} bits", "the largest bias, and with the sum"),
        "multiplier": (f"{p.multiplier_bits} bits", "the largest multiplier"),
        "shift": (f"{p.shift_bits} bits", f"shifts of {shifts}"),
        **_options(p),
        "features": (", ".join(p.features), "what the layers use; the rest leaves no gates"),
    }
