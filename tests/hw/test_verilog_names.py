"""Plain names in the place of escaped ones; what is computed stays the same."""

from isomac_hw.verilog_names import plain_names

TEXT = r"""module top(clk, \done$184 , \start , y);
  input clk;
  wire clk;
  output \done$184 ;
  wire \done$184 ;
  input \start ;
  output [3:0] y;
  reg [3:0] y = 4'hx;
  wire done;
  wire \done$7 ;
  wire \begin ;
  wire [7:0] \words[3][9] ;
  wire [7:0] \$signature__data$5 ;
  wire [7:0] \3 ;
  wire \U.x ;
  reg [7:0] rows [3:0];
  initial $readmemh("done$184.hex", rows);
  assign \words[3][9]  = \$signature__data$5 [7:0] + 8'h1f;
  assign done = \done$7  & \begin ;
  assign \done$184  = \U.x ;
  assign y = $signed(\3 [3:0]) + 4'd3;
  \top.unit  one (
    .clk(clk),
    .\data$2 (\done$7 ),
    .q(\begin )
  );
  \top.unit$1  two (
    .clk(clk),
    .\data$2 (\U.x ),
    .q({ \3 , \words[3][9]  })
  );
endmodule

module \top.unit (clk, \data$2 , q);
  input clk;
  output \data$2 ;
  wire \data$2 ;
  wire data;
  input q;
  assign \data$2  = data;
endmodule

module \top.unit$1 (clk, \data$2 , q);
  input clk;
  output \data$2 ;
  input q;
endmodule
"""

PLAIN = """module top(clk, done, start, y);
  input clk;
  wire clk;
  output done;
  wire done;
  input start;
  output [3:0] y;
  reg [3:0] y = 4'hx;
  wire done_2;
  wire one_data;
  wire begin_;
  wire [7:0] words_3_9;
  wire [7:0] signature__data;
  wire [7:0] n3;
  wire U_x;
  reg [7:0] rows [3:0];
  initial $readmemh("done$184.hex", rows);
  assign words_3_9 = signature__data[7:0] + 8'h1f;
  assign done_2 = one_data & begin_;
  assign done = U_x;
  assign y = $signed(n3[3:0]) + 4'd3;
  top_unit one (
    .clk(clk),
    .data(one_data),
    .q(begin_)
  );
  top_unit_2 two (
    .clk(clk),
    .data(U_x),
    .q({ n3, words_3_9 })
  );
endmodule

module top_unit(clk, data, q);
  input clk;
  output data;
  wire data;
  wire data_2;
  input q;
  assign data = data_2;
endmodule

module top_unit_2(clk, data, q);
  input clk;
  output data;
  input q;
endmodule
"""


def test_all_at_once() -> None:
    """Ports first, then by instance or number; keywords, brackets, digits; instances' ports."""
    assert plain_names(TEXT) == PLAIN


def test_plain_text_stays_as_it_is() -> None:
    assert plain_names(PLAIN) == PLAIN
