// The plain interface: every signal of the core is a port.
//
// The three ports (this, axi_port.hpp, wishbone_port.hpp) have the same functions. In each cycle `drive` says what is
// offered and wanted, and after the low half `took_input` and `gave_output` say what came of it.
#pragma once

#include "word.hpp"

#define OBSERVED(top, name) ((top).name)

template <class Model>
class Port {
public:
    // Whether inputs and outputs use one bus, so that the next input must wait until the output was read.
    static constexpr bool SHARED = false;
    // Cycles in which words still come out after `done`.
    static constexpr uint64_t DRAIN = 0;

    explicit Port(Model &top) : top_(top) {}

    void clock(bool level) { top_.clk = level; }
    void reset(bool on) { top_.rst = on; }
    bool can_start() const { return !top_.start; }
    void start(bool level) { top_.start = level; }
    // No start is on its way to the core.
    bool started() const { return true; }

    // Offer a word, or none if it is null; `wanted` is the number of output words that are still to come.
    void drive(const uint8_t *word, uint64_t wanted) {
        (void)wanted;
        top_.output_ready = 1;
        top_.input_valid = word != nullptr;
        if (word) put_word(top_.input_data, word);
    }
    bool took_input() const { return top_.input_valid && top_.input_ready; }
    bool gave_output(uint8_t *word) {
        if (top_.output_valid) get_word(word, top_.output_data);
        return top_.output_valid;
    }
    // The core takes a word, its last output register gives one: what its counter of cycles counts.
    bool core_took() const { return took_input(); }
    bool core_gave() const { return top_.output_valid && top_.output_ready; }
    bool offers_output() const { return top_.output_valid; }

    void quiet() {
        top_.start = 0;
        top_.input_valid = 0;
        top_.output_ready = 0;
    }
    // Sizes that a programmable accelerator behind a bus has to be told, with `cycle` to clock it.
    template <class Cycle>
    void configure(uint32_t, uint32_t, Cycle) {}
    // What the registers say after an inference; returns the cycles.
    template <class Cycle>
    uint32_t finish(Cycle) { return top_.cycles; }
    void expect_output(uint32_t) {}
    uint32_t violations() const { return 0; }

#ifdef LOAD_PORT
    void offer_load(const uint32_t *word) {
        top_.load_valid = word != nullptr;
        if (word) top_.load_data = *word;
    }
    bool took_load() const { return top_.load_valid && top_.load_ready; }
    // All that was offered has arrived.
    bool loaded() const { return !top_.load_valid; }
#endif

private:
    Model &top_;
};
