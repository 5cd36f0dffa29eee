// A hand-written stand-in that obeys the ports of the generated accelerator.
//
// It runs a program of word-wise operations over one memory, one word a cycle, one cycle between operations. Everything
// a co-simulation has to notice can be provoked by the program image alone, so that all tests share one build.
// @NAME@ marks what bundle.py fills in.
//
// Program row, 64 bits: {unused 12, operation 4, weight 12, source 12, target 12, words 12}
module accelerator (
    input clk,
    input rst,
    input start,
    output busy,
    output reg done,
    output reg [3:0] error,
    input input_valid,
    output input_ready,
    input [@BITS@-1:0] input_data,
    output output_valid,
    input output_ready,
    output [@BITS@-1:0] output_data,
    output reg [31:0] cycles,
    output reg layer_done,
    output reg [31:0] layer_cycles,
    output trace_valid,
    output [11:0] trace_address,
    output [@BITS@-1:0] trace_data@LOAD_PORTS@
);
    localparam ARRIVE = 0, ADD = 1, RELU = 2, DEPART = 3, HANG = 4, FAIL = 5, TWICE = 6, FINISH = 7;
    localparam IDLE = 0, FETCH = 1, RUN = 2;

    reg [@BITS@-1:0] memory [0:4095];
    reg [@BITS@-1:0] weights [0:@WEIGHT_ROWS@-1];
    reg [63:0] program_rows [0:@PROGRAM_ROWS@-1];
    initial begin
        $readmemh("weights.hex", weights);
        $readmemh("program.hex", program_rows);
    end

    reg [1:0] state = IDLE;
    reg start_before = 0, counting = 0, repeated = 0;
    reg [7:0] row = 0;
    reg [63:0] now = 0;
    reg [11:0] index = 0;
    reg [31:0] elapsed = 0;

    wire [3:0] operation = now[51:48];
    wire [@BITS@-1:0] weight = weights[now[36 +: @WEIGHT_ADDRESS_BITS@]];
    wire [@BITS@-1:0] source = memory[now[35:24] + index];
    wire last = index + 1 == now[11:0];
    wire running = state == RUN;

    assign busy = state != IDLE;
    assign input_ready = running && operation == ARRIVE;
    assign output_valid = running && operation == DEPART;
    assign output_data = source;

    wire moves = running && (
        operation == ARRIVE ? input_valid :
        operation == DEPART ? output_ready :
        operation == ADD || operation == RELU || operation == TWICE);
    assign trace_valid = moves && operation != DEPART;
    assign trace_address = now[23:12] + index;

@LANES@

    always @(posedge clk) begin
        done <= 0;
        layer_done <= 0;
        start_before <= start;
        if (trace_valid) memory[trace_address] <= trace_data;
        if (counting || (moves && operation == ARRIVE)) begin
            cycles <= cycles + 1;
            elapsed <= elapsed + 1;
            counting <= 1;
        end
        case (state)
            IDLE: if (start && !start_before && error == 0) begin
                state <= FETCH;
                row <= 0;
                cycles <= 0;
                elapsed <= 0;
            end
            FETCH: begin
                now <= program_rows[row];
                index <= 0;
                repeated <= 0;
                row <= row + 1;
                state <= RUN;
            end
            RUN: begin
                if (operation == FAIL) error <= now[3:0];
                if (operation == FAIL) state <= IDLE;
                if (moves) begin
                    if (last && operation == TWICE && !repeated) repeated <= 1;
                    else if (last) begin
                        layer_done <= 1;
                        layer_cycles <= elapsed + 1;
                        elapsed <= 0;
                        state <= FETCH;
                        if (operation == DEPART) begin
                            state <= IDLE;
                            done <= 1;
                            counting <= 0;
                        end
                    end else index <= index + 1;
                end
            end
            default: ;
        endcase
        if (rst) begin
            state <= IDLE;
            error <= 0;
            start_before <= 0;
            counting <= 0;
        end
    end@LOAD_LOGIC@
endmodule
