// A board that is a simulation: the accelerator's Verilog behind AXI, made a program by Verilator.
//
// Registers are accessed beat by beat, data moves as a DMA engine would do it: in every cycle, whatever the processor does.
// Both streams pause at random.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <vector>

#include "Vaccelerator.h"
#include "board.h"
#include "isomac_network.h"
#include "verilated.h"

namespace {

constexpr size_t BEAT = ISOMAC_NETWORK_WORD_PITCH;

class Board {
public:
    Board() {
        top_.aresetn = 0;
        for (int i = 0; i < 4; ++i) cycle();
        top_.aresetn = 1;
        cycle();
    }

    uint32_t read(uint32_t offset) {
        top_.s_axi_araddr = offset;
        top_.s_axi_arvalid = 1;
        top_.s_axi_rready = 1;
        for (;;) {
            low();
            const bool taken = top_.s_axi_arvalid && top_.s_axi_arready, answered = top_.s_axi_rvalid;
            const uint32_t value = top_.s_axi_rdata;
            high();
            if (taken) top_.s_axi_arvalid = 0;
            if (answered) return top_.s_axi_rready = 0, value;
        }
    }

    void write(uint32_t offset, uint32_t value) {
        top_.s_axi_awaddr = offset;
        top_.s_axi_wdata = value;
        top_.s_axi_wstrb = 15;
        top_.s_axi_awvalid = top_.s_axi_wvalid = top_.s_axi_bready = 1;
        for (;;) {
            low();
            const bool address = top_.s_axi_awready, data = top_.s_axi_wready, answered = top_.s_axi_bvalid;
            const bool refused = answered && top_.s_axi_bresp != 0;
            high();
            if (address) top_.s_axi_awvalid = 0;
            if (data) top_.s_axi_wvalid = 0;
            // A processor would take it as a bus fault.
            if (refused) std::abort();
            if (answered) {
                top_.s_axi_bready = 0;
                return;
            }
        }
    }

    void send(const uint8_t *data, size_t bytes) { outgoing_.insert(outgoing_.end(), data, data + bytes); }

    bool receive(uint8_t *data, size_t bytes) {
        wanted_ = bytes;
        while (incoming_.size() < bytes) cycle();
        std::memcpy(data, incoming_.data(), bytes);
        incoming_.clear();
        wanted_ = 0;
        // A transfer ends with TLAST, and just there.
        return lasts_ == 1 && ended_ ? lasts_ = 0, true : false;
    }

    void cycle() { low(), high(); }

private:
    bool pauses() { return (state_ = state_ * 1664525u + 1013904223u) >> 30 == 0; }

    void low() {
        top_.aclk = 0;
        if (!offered_ && outgoing_.size() >= BEAT && !pauses()) {
            uint8_t beat[BEAT];
            std::copy_n(outgoing_.begin(), BEAT, beat);
            std::memcpy(&top_.s_axis_tdata, beat, BEAT);
            offered_ = true;
        }
        top_.s_axis_tvalid = offered_;
        top_.m_axis_tready = incoming_.size() < wanted_ && !pauses();
        top_.eval();
    }

    void high() {
        if (offered_ && top_.s_axis_tready) {
            outgoing_.erase(outgoing_.begin(), outgoing_.begin() + BEAT);
            offered_ = false;
        }
        if (top_.m_axis_tvalid && top_.m_axis_tready) {
            uint8_t beat[BEAT];
            std::memcpy(beat, &top_.m_axis_tdata, BEAT);
            incoming_.insert(incoming_.end(), beat, beat + BEAT);
            lasts_ += top_.m_axis_tlast;
            ended_ = top_.m_axis_tlast;
        }
        top_.aclk = 1;
        top_.eval();
    }

    Vaccelerator top_;
    std::deque<uint8_t> outgoing_;
    std::vector<uint8_t> incoming_;
    size_t wanted_ = 0;
    bool offered_ = false, ended_ = false;
    int lasts_ = 0;
    uint32_t state_ = 1;
};

Board &board(void *context) { return *static_cast<Board *>(context); }

uint32_t read_register(void *context, uint32_t offset) { return board(context).read(offset); }
void write_register(void *context, uint32_t offset, uint32_t value) { board(context).write(offset, value); }
int send(void *context, const void *data, size_t bytes) {
    board(context).send(static_cast<const uint8_t *>(data), bytes);
    return 0;
}
int receive(void *context, void *data, size_t bytes) {
    return board(context).receive(static_cast<uint8_t *>(data), bytes) ? 0 : 1;
}
void idle(void *context) { board(context).cycle(); }

}  // namespace

double sc_time_stamp() { return 0; }

extern "C" isomac_hal board_hal(void) {
    static Board instance;
    return {read_register, write_register, send, receive, idle, &instance};
}
