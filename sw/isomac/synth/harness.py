"""The harness: the accelerator behind a handful of pins, for place and route and for a first board.

The streams of an accelerator are as wide as its words, which is more than any package has pins.
Each stream becomes a shift register of one word. Everything that enters or leaves the accelerator
comes from a register or goes to one, so the paths that are timed are those of the accelerator in a
system; the paths from pins to the first registers are not timed.
"""

#: Name of the harness's module, and of the accelerator's instance in it.
TOP, INSTANCE = "isomac_board", "accelerator"

_INPUT = """
  // {name}: bits come in lowest first; a rising edge of {name}_send hands the word over.
  input {name}_bit, {name}_shift, {name}_send;
  output reg {name}_full;
  reg {name}_bit_q, {name}_shift_q, {name}_send_q, {name}_send_last;
  reg [{top}:0] {name}_word;
  wire {name}_ready;
  always @(posedge clk) begin
    {name}_bit_q <= {name}_bit;
    {name}_shift_q <= {name}_shift;
    {name}_send_q <= {name}_send;
    {name}_send_last <= {name}_send_q;
    if ({name}_shift_q) {name}_word <= {{{name}_bit_q, {name}_word[{top}:1]}};
    if (rst_q) {name}_full <= 0;
    else if ({name}_full) {name}_full <= ~{name}_ready;
    else {name}_full <= {name}_send_q & ~{name}_send_last;
  end
"""

_OUTPUT = """
  // {name}: a word is taken when the one before was fetched; its bits leave lowest first, one for
  // each rising edge of {name}_shift, and a rising edge of {name}_fetched makes room.
  input {name}_shift, {name}_fetched;
  output {name}_bit;
  output reg {name}_full;
  reg {name}_shift_q, {name}_shift_last, {name}_fetched_q, {name}_fetched_last;
  reg {name}_move, {name}_take;
  reg [{top}:0] {name}_word;
  wire {name}_valid;
  wire [{top}:0] {name}_data;
  assign {name}_bit = {name}_word[0];
  always @(posedge clk) begin
    {name}_shift_q <= {name}_shift;
    {name}_shift_last <= {name}_shift_q;
    {name}_fetched_q <= {name}_fetched;
    {name}_fetched_last <= {name}_fetched_q;
    {name}_move <= {name}_shift_q & ~{name}_shift_last;
    {name}_take <= ~rst_q & {name}_valid & ~{name}_full & ~{name}_take;
    if ({name}_take) {name}_word <= {name}_data;
    else if ({name}_move) {name}_word <= {{1'b0, {name}_word[{top}:1]}};
    if (rst_q) {name}_full <= 0;
    else if ({name}_take) {name}_full <= 1;
    else if ({name}_fetched_q & ~{name}_fetched_last) {name}_full <= 0;
  end
"""

_STATUS = """
  // busy and error as they are; done and the cycles of the last inference until the next start.
  input start, cycles_shift;
  output reg busy, done, cycles_bit;
  output reg [3:0] error;
  reg start_q, done_last, cycles_shift_q, cycles_shift_last;
  reg [31:0] cycles_word;
  wire busy_now, done_now;
  wire [3:0] error_now;
  wire [31:0] cycles_now;
  always @(posedge clk) begin
    start_q <= start;
    busy <= busy_now;
    error <= error_now;
    done_last <= done_now;
    done <= ~rst_q & (done_now | (done & ~start_q));
    cycles_shift_q <= cycles_shift;
    cycles_shift_last <= cycles_shift_q;
    if (done_last) cycles_word <= cycles_now;
    else if (cycles_shift_q & ~cycles_shift_last) cycles_word <= {1'b0, cycles_word[31:1]};
    cycles_bit <= cycles_word[0];
  end
"""

_INPUTS = ("bit", "shift", "send", "full")
_OUTPUTS = ("bit", "shift", "fetched", "full")
_STATUS_PINS = ("start", "busy", "done", "error", "cycles_shift", "cycles_bit")


def harness(top: str, word_bytes: int, load_bits: int | None) -> str:
    """The Verilog of the harness.

    Parameters
    ----------
    top
        The module of the accelerator.
    word_bytes
        Bytes in a word of its two streams.
    load_bits
        Bits of its load port, None if it has none.
    """
    inputs = {"input": 8 * word_bytes} | ({} if load_bits is None else {"load": load_bits})
    outputs = {"output": 8 * word_bytes}
    text = [
        f"module {TOP}({', '.join(_ports(load_bits is not None))});",
        "  input clk, rst;\n  reg rst_q;\n  always @(posedge clk) rst_q <= rst;",
        _STATUS.rstrip(),
    ]
    connections = {
        "clk": "clk",
        "rst": "rst_q",
        "start": "start_q",
        "busy": "busy_now",
        "done": "done_now",
        "error": "error_now",
        "cycles": "cycles_now",
    }
    for name, bits in inputs.items():
        text.append(_INPUT.rstrip().format(name=name, top=bits - 1))
        connections |= {
            f"{name}_valid": f"{name}_full",
            f"{name}_ready": f"{name}_ready",
            f"{name}_data": f"{name}_word",
        }
    for name, bits in outputs.items():
        text.append(_OUTPUT.rstrip().format(name=name, top=bits - 1))
        connections |= {
            f"{name}_valid": f"{name}_valid",
            f"{name}_ready": f"{name}_take",
            f"{name}_data": f"{name}_data",
        }
    lines = ",\n".join(f"    .{port}({signal})" for port, signal in connections.items())
    return "\n".join([*text, "", f"  {top} {INSTANCE} (\n{lines}\n  );", "endmodule", ""])


def harness_ports(programmable: bool) -> list[str]:
    """The pins of the harness, one for each bit."""
    ports = _ports(programmable)
    at = ports.index("error")
    return [*ports[:at], *(f"error[{bit}]" for bit in range(4)), *ports[at + 1 :]]


def _ports(programmable: bool) -> list[str]:
    inputs = ("input", "load") if programmable else ("input",)
    return [
        *("clk", "rst"),
        *_STATUS_PINS,
        *(f"{name}_{pin}" for name in inputs for pin in _INPUTS),
        *(f"output_{pin}" for pin in _OUTPUTS),
    ]
