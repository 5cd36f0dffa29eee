// A board that is a simulation: the accelerator's Verilog behind Wishbone. The driver moves the data itself.
#include <cstdint>
#include <cstdlib>

#include "Vaccelerator.h"
#include "board.h"
#include "verilated.h"

namespace {

class Board {
public:
    Board() {
        top_.wb_rst_i = 1;
        for (int i = 0; i < 4; ++i) cycle();
        top_.wb_rst_i = 0;
        cycle();
    }

    // One access; it takes as long as the bus stalls.
    uint32_t access(bool writes, uint32_t offset, uint32_t value) {
        top_.wb_cyc_i = top_.wb_stb_i = 1;
        top_.wb_we_i = writes;
        top_.wb_adr_i = offset / 4;
        top_.wb_dat_i = value;
        top_.wb_sel_i = 15;
        for (;;) {
            low();
            const bool taken = !top_.wb_stall_o, answered = top_.wb_ack_o, refused = top_.wb_err_o;
            const uint32_t found = top_.wb_dat_o;
            high();
            if (taken) top_.wb_stb_i = 0;
            // A processor would take it as a bus fault.
            if (refused) std::abort();
            if (answered) return top_.wb_cyc_i = 0, found;
        }
    }

    void cycle() { low(), high(); }

private:
    void low() {
        top_.wb_clk_i = 0;
        top_.eval();
    }
    void high() {
        top_.wb_clk_i = 1;
        top_.eval();
    }

    Vaccelerator top_;
};

Board &board(void *context) { return *static_cast<Board *>(context); }

uint32_t read_register(void *context, uint32_t offset) { return board(context).access(false, offset, 0); }
void write_register(void *context, uint32_t offset, uint32_t value) { board(context).access(true, offset, value); }
void idle(void *context) { board(context).cycle(); }

}  // namespace

double sc_time_stamp() { return 0; }

extern "C" isomac_hal board_hal(void) {
    static Board instance;
    return {read_register, write_register, nullptr, nullptr, idle, &instance};
}
