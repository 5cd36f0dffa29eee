// Wishbone: registers and data on one pipelined bus, a request in each cycle without a stall. See stream_port.hpp for what
// the functions are for.
#pragma once

#include <deque>

#include "registers.hpp"
#include "word.hpp"

template <class Model>
class Port {
public:
    static constexpr bool SHARED = true;
    static constexpr int PIECES = (WORD_BYTES + 3) / 4;
    static constexpr uint64_t DRAIN = 4 * PIECES + 8;

    explicit Port(Model &top) : top_(top) {}

    void clock(bool level) { top_.wb_clk_i = level; }
    void reset(bool on) { top_.wb_rst_i = on; }
    bool can_start() const { return started(); }
    void start(bool level) { start_due_ |= level; }
    bool started() const { return !start_due_; }

    void drive(const uint8_t *word, uint64_t wanted) {
        top_.wb_cyc_i = 1;
        top_.wb_sel_i = 15;
        top_.wb_stb_i = 1;
        if (start_due_) {
            request(START, true, CONTROL, CONTROL_START);
        } else if (word) {
            uint32_t data = 0xA5A5A5A5;  // what lies beyond the word is nobody's
            const int rest = WORD_BYTES - 4 * piece_;
            std::memcpy(&data, word + 4 * piece_, rest < 4 ? rest : 4);
            request(INPUT, true, INPUT_WINDOW + 4 * piece_ % 0x400, data);
        } else if (wanted * PIECES > uint64_t(reads_ + got_)) {
            request(OUTPUT, false, OUTPUT_WINDOW, 0);
        } else {
            top_.wb_stb_i = 0;
        }
    }
    // Called once in each cycle, so that requests and answers of all kinds go on, too.
    bool took_input() {
        gave_word_ = false;
        if (top_.wb_ack_o || top_.wb_err_o) take_answer();
        if (!top_.wb_stb_i || top_.wb_stall_o) return false;
        due_.push_back(kind_);
        if (kind_ == START) start_due_ = false;
        if (kind_ == OUTPUT) ++reads_;
        if (kind_ != INPUT) return false;
        piece_ = (piece_ + 1) % PIECES;
        return piece_ == 0;
    }
    bool gave_output(uint8_t *word) {
        if (gave_word_) std::memcpy(word, word_, WORD_BYTES);
        return gave_word_;
    }
    bool core_took() const { return OBSERVED(top_, input_taken); }
    bool core_gave() const { return OBSERVED(top_, output_taken); }
    bool offers_output() const { return !due_.empty(); }

    void quiet() {
        top_.wb_cyc_i = top_.wb_stb_i = 0;
        due_.clear();
        start_due_ = false;
        piece_ = reads_ = got_ = 0;
    }
    template <class Cycle>
    void configure(uint32_t input, uint32_t output, Cycle cycle) {
        configure_words(*this, input, output, cycle);
    }
    template <class Cycle>
    uint32_t finish(Cycle cycle) {
        return finish_inference(*this, cycle);
    }
    void expect_output(uint32_t) { violations_ = 0; }
    uint32_t violations() const { return violations_; }
    void violate() { ++violations_; }

#ifdef LOAD_PORT
    void offer_load(const uint32_t *word) {
        top_.wb_cyc_i = 1;
        top_.wb_stb_i = word != nullptr;
        top_.wb_sel_i = 15;
        if (word) request(LOAD, true, LOAD_WORD, *word);
    }
    bool took_load() {
        took_input();
        return top_.wb_stb_i && !top_.wb_stall_o;
    }
    bool loaded() const { return due_.empty(); }
#endif

    template <class Cycle>
    void write(uint32_t offset, uint32_t value, Cycle cycle) {
        access(true, offset, value, cycle);
    }
    template <class Cycle>
    uint32_t read(uint32_t offset, Cycle cycle) {
        return access(false, offset, 0, cycle);
    }

private:
    enum Kind { START, INPUT, OUTPUT, LOAD };

    void request(Kind kind, bool writes, uint32_t offset, uint32_t data) {
        kind_ = kind;
        top_.wb_we_i = writes;
        top_.wb_adr_i = offset / 4;
        top_.wb_dat_i = data;
    }
    void take_answer() {
        if (due_.empty() || top_.wb_err_o) violate();
        if (due_.empty()) return;
        const Kind kind = due_.front();
        due_.pop_front();
        if (kind != OUTPUT) return;
        --reads_;
        const uint32_t data = top_.wb_dat_o;
        std::memcpy(word_ + 4 * got_, &data, 4);
        if (++got_ < PIECES) return;
        got_ = 0;
        gave_word_ = true;
        for (int i = WORD_BYTES; i < 4 * PIECES; ++i)
            if (word_[i]) violate();
    }
    // One access with nothing else on the bus.
    template <class Cycle>
    uint32_t access(bool writes, uint32_t offset, uint32_t data, Cycle cycle) {
        uint32_t value = 0;
        bool answered = false;
        top_.wb_cyc_i = top_.wb_stb_i = 1;
        top_.wb_sel_i = 15;
        request(START, writes, offset, data);
        for (int patience = 100; !answered && patience; --patience) {
            bool taken = false;
            cycle([&] {
                taken = !top_.wb_stall_o;
                answered = top_.wb_ack_o || top_.wb_err_o;
                value = top_.wb_dat_o;
                if (top_.wb_err_o) violate();
            });
            if (taken) top_.wb_stb_i = 0;
        }
        top_.wb_cyc_i = 0;
        if (!answered) violate();
        return value;
    }

    Model &top_;
    std::deque<Kind> due_;  // requests that were taken and not answered
    Kind kind_ = START;
    bool start_due_ = false, gave_word_ = false;
    int piece_ = 0, reads_ = 0, got_ = 0;
    uint8_t word_[4 * PIECES] = {};
    uint32_t violations_ = 0;
};
