"""The harness of an accelerator behind a bus: every port behind a register, in two shift registers.

It is for place and route: the paths that are timed are those of the accelerator in a system, and
its ports need no pins. What a bus sees changes only when other bits are applied.
"""

from isomac.synth.harness import INSTANCE, TOP
from isomac_hw.interfaces.ports import CLOCKINGS, bus_ports

#: Its pins, one bit each.
PINS = ("clk", "rst", "in_bit", "in_shift", "in_apply", "out_bit", "out_shift", "out_sample")

_TEXT = """\
module {top}({pins});
  input clk, rst;
  // Inputs: bits come in lowest first and are applied together.
  input in_bit, in_shift, in_apply;
  // Outputs: sampled together, they leave lowest first.
  input out_shift, out_sample;
  output out_bit;
  reg rst_q, in_bit_q, in_shift_q, in_apply_q, out_shift_q, out_sample_q;
  reg [{in_top}:0] in_chain, in_q;
  reg [{out_top}:0] out_q, out_chain;
  wire [{out_top}:0] out;
  assign out_bit = out_chain[0];
  always @(posedge clk) begin
    rst_q <= rst;
    in_bit_q <= in_bit;
    in_shift_q <= in_shift;
    in_apply_q <= in_apply;
    out_shift_q <= out_shift;
    out_sample_q <= out_sample;
    if (in_shift_q) in_chain <= {{in_bit_q, in_chain[{in_top}:1]}};
    if (in_apply_q) in_q <= in_chain;
    out_q <= out;
    if (out_sample_q) out_chain <= out_q;
    else if (out_shift_q) out_chain <= {{1'b0, out_chain[{out_top}:1]}};
  end
  {accelerator} {instance} (
{connections}
  );
endmodule
"""


def bus_harness(top: str, interface: str, word_bytes: int) -> str:
    """The Verilog of the harness.

    Parameters
    ----------
    top
        The module of the accelerator.
    interface
        Its bus.
    word_bytes
        Bytes in a word of its streams.
    """
    clocking = CLOCKINGS[interface]
    connections = {
        clocking.clock: "clk",
        clocking.reset: "~rst_q" if clocking.active_low else "rst_q",
    }
    inputs = outputs = 0
    for port in bus_ports(interface, word_bytes):
        if port.is_input:
            connections[port.name] = f"in_q[{inputs + port.width - 1}:{inputs}]"
            inputs += port.width
        else:
            connections[port.name] = f"out[{outputs + port.width - 1}:{outputs}]"
            outputs += port.width
    return _TEXT.format(
        top=TOP,
        pins=", ".join(PINS),
        in_top=inputs - 1,
        out_top=outputs - 1,
        accelerator=top,
        instance=INSTANCE,
        connections=",\n".join(f"    .{port}({wire})" for port, wire in connections.items()),
    )
