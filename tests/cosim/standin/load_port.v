
    // Load port: packets of {memory index, rows}, then every row with its least significant word first. It rests one
    // cycle after each word, so that a sender which ignores load_ready is noticed.
    localparam WEIGHT_PARTS = (@BITS@ + 31) / 32;
    reg load_rest = 0;
    reg [1:0] load_state = 0;
    reg load_program = 0;
    reg [31:0] load_rows = 0;
    reg [31:0] load_row = 0;
    reg [7:0] load_part = 0;
    reg [32*WEIGHT_PARTS+31:0] weight_parts = 0;
    reg [95:0] program_parts = 0;
    wire [32*WEIGHT_PARTS+31:0] next_weight_parts = {load_data, weight_parts[32*WEIGHT_PARTS+31:32]};
    wire [95:0] next_program_parts = {load_data, program_parts[95:32]};
    wire load_row_full = load_part + 1 == (load_program ? 2 : WEIGHT_PARTS);

    assign load_ready = state == IDLE && !load_rest;
    always @(posedge clk) begin
        load_rest <= load_valid && load_ready;
        if (load_valid && load_ready) case (load_state)
            0: begin
                load_program <= load_data == 0;
                load_state <= 1;
            end
            1: begin
                load_rows <= load_data;
                load_row <= 0;
                load_part <= 0;
                load_state <= load_data == 0 ? 0 : 2;
            end
            default: begin
                weight_parts <= next_weight_parts;
                program_parts <= next_program_parts;
                load_part <= load_row_full ? 0 : load_part + 1;
                if (load_row_full) begin
                    if (load_program) program_rows[load_row[7:0]] <= next_program_parts[95:32];
                    else weights[load_row[@WEIGHT_ADDRESS_BITS@-1:0]] <= next_weight_parts[32 +: @BITS@];
                    load_row <= load_row + 1;
                    if (load_row + 1 == load_rows) load_state <= 0;
                end
            end
        endcase
    end
