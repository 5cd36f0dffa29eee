// A burst: many clock cycles without returning to Python.
//
// Python posts a `Burst` (bench/burst.py mirrors the layout, field by field), the simulation loop in main.cpp executes
// it between two time steps, never from inside a VPI callback. All streams and monitors of the accelerator live here in
// plain C++: inputs are offered in every cycle, outputs are accepted in every cycle, nothing stalls. How that is done with the
// accelerator's interface is the business of port.hpp.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "port.hpp"

enum Action : uint32_t { RESET = 0, LOAD = 1, INFER = 2, STREAM = 3 };
enum Status : uint32_t { POSTED = 0, COMPLETE = 1, CYCLE_LIMIT = 2, ERROR_CODE = 3, WRITE_OVERFLOW = 4, NO_LOAD_PORT = 5 };

// Cycles from the rise of `start` to the first offered word of INFER: the core has launched its input job by then, so that a
// core that takes words ahead of it counts the same cycles as one that does not.
constexpr uint64_t INPUT_HOLD = 8;

// What was seen of one inference besides the bytes.
struct Outcome {
    uint32_t cycles;         // counted here: first accepted input word to last accepted output word, both included
    uint32_t cycles_port;    // the port `cycles` while `done`
    uint32_t inputs;         // accepted input words
    uint32_t outputs;        // accepted output words, also those that did not fit
    uint32_t layers;         // pulses of `layer_done`, also those that did not fit
    uint32_t strays;         // writes and output words while the core should rest
    uint32_t error;          // the port `error`
    uint32_t violations;     // of the rules of a bus, and registers that read otherwise than they should
};

struct Burst {
    uint32_t action;
    uint32_t status;
    // Sizes.
    uint32_t inferences;
    uint32_t input_words;
    uint32_t output_words;
    uint32_t layers;
    uint64_t cycle_limit;    // of one inference, or of the whole load
    uint64_t write_capacity;
    uint64_t load_words;
    // Stimulus.
    const uint8_t *input;    // [inferences][input_words][WORD_BYTES]
    const uint32_t *load;    // [load_words]
    // Results.
    uint8_t *output;         // [inferences][output_words][WORD_BYTES]
    Outcome *outcomes;       // [inferences]
    uint32_t *layer_cycles;  // [inferences][layers], the port `layer_cycles`
    uint64_t *layer_end;     // [inferences][layers], writes captured up to the end of the layer
    uint32_t *addresses;     // [write_capacity]
    uint8_t *data;           // [write_capacity][WORD_BYTES]
    uint64_t writes;         // captured
    uint32_t completed;      // inferences that ended with `done`
    uint32_t reserved;
    uint64_t clocks;         // simulated cycles of this burst
    uint64_t nanoseconds;    // wall time of this burst
};

// Runs bursts on a Verilated model; `Step` is called with the model after each half cycle has settled.
template <class Model, class Step>
class BurstRunner {
public:
    BurstRunner(Model &top, Step step) : top_(top), port_(top), step_(step) {}

    void run(Burst &burst) {
        const auto begin = std::chrono::steady_clock::now();
        burst_ = &burst;
        burst.clocks = burst.writes = 0;
        burst.completed = 0;
        switch (burst.action) {
            case RESET: burst.status = reset(); break;
            case LOAD: burst.status = load(); break;
            case STREAM: burst.status = stream(); break;
            default: burst.status = infer(); break;
        }
        const auto end = std::chrono::steady_clock::now();
        burst.nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(end - begin).count();
    }

private:
    void low() {
        port_.clock(0);
        top_.eval();
        step_();
    }
    void high() {
        port_.clock(1);
        top_.eval();
        step_();
        ++burst_->clocks;
    }

    Status reset() {
        port_.quiet();
        port_.reset(true);
        for (int cycle = 0; cycle < 4; ++cycle) low(), high();
        port_.reset(false);
        low(), high();
        return COMPLETE;
    }

    Status load() {
#ifdef LOAD_PORT
        uint64_t sent = 0;
        while (sent < burst_->load_words || !port_.loaded()) {
            if (burst_->clocks >= burst_->cycle_limit) return CYCLE_LIMIT;
            port_.offer_load(sent < burst_->load_words ? burst_->load + sent : nullptr);
            low();
            sent += port_.took_load();
            high();
        }
        port_.quiet();
        low(), high();
        return port_.violations() ? CYCLE_LIMIT : COMPLETE;
#else
        return NO_LOAD_PORT;
#endif
    }

    // A cycle that looks at the model between its halves.
    auto cycle() {
        return [this](auto look) {
            low();
            look();
            high();
        };
    }

    Status infer() {
        port_.configure(burst_->input_words, burst_->output_words, cycle());
        for (uint32_t inference = 0; inference < burst_->inferences; ++inference) {
            const Status status = infer(inference);
            if (status != COMPLETE) return status;
            ++burst_->completed;
        }
        return COMPLETE;
    }

    // One inference, from the rising edge of `start` to `done`, and the rest after it.
    Status infer(uint32_t inference) {
        Burst &b = *burst_;
        Outcome &seen = b.outcomes[inference];
        uint8_t *const output = b.output + uint64_t(inference) * b.output_words * WORD_BYTES;
        const uint8_t *const input = b.input + uint64_t(inference) * b.input_words * WORD_BYTES;
        uint64_t *const layer_end = b.layer_end + uint64_t(inference) * b.layers;
        uint32_t *const layer_cycles = b.layer_cycles + uint64_t(inference) * b.layers;
        uint64_t first = 0, last = 0, held = 0, drained = 0;
        bool counting = false, done = false;
        uint8_t word[WORD_BYTES];
        Status status = CYCLE_LIMIT;

        port_.expect_output(b.output_words);
        port_.start(true);
        for (uint64_t cycle = 0; cycle < b.cycle_limit && status == CYCLE_LIMIT; ++cycle) {
            const bool offers = held >= INPUT_HOLD && seen.inputs < b.input_words;
            held += port_.started();
            port_.drive(offers ? input + uint64_t(seen.inputs) * WORD_BYTES : nullptr,
                        Port<Model>::SHARED && seen.inputs < b.input_words ? 0 : left(b.output_words, seen.outputs));
            low();
            if (port_.core_took() && !counting) counting = true, first = cycle;
            if (port_.core_gave()) last = cycle;
            seen.inputs += port_.took_input();
            if (OBSERVED(top_, trace_valid)) {
                if (b.writes == b.write_capacity) status = WRITE_OVERFLOW;
                else capture_write();
            }
            if (port_.gave_output(word)) {
                if (seen.outputs < b.output_words) std::memcpy(output + uint64_t(seen.outputs) * WORD_BYTES, word, WORD_BYTES);
                ++seen.outputs;
            }
            if (OBSERVED(top_, layer_done)) {
                if (seen.layers < b.layers) {
                    layer_end[seen.layers] = b.writes;
                    layer_cycles[seen.layers] = OBSERVED(top_, layer_cycles);
                }
                ++seen.layers;
            }
            done |= OBSERVED(top_, done);
            if (done && (left(b.output_words, seen.outputs) == 0 || drained++ >= Port<Model>::DRAIN)) status = COMPLETE;
            if (OBSERVED(top_, error)) {
                seen.error = OBSERVED(top_, error);
                status = ERROR_CODE;
            }
            if (status == COMPLETE && !Port<Model>::DRAIN) seen.cycles_port = port_.finish(this->cycle());
            high();
            port_.start(false);
        }
        if (counting && seen.outputs) seen.cycles = uint32_t(last - first + 1);
        // What was written after the last pulse belongs to the layer that did not end, or to the last one.
        for (uint32_t layer = std::min(seen.layers, b.layers - 1); layer < b.layers; ++layer) layer_end[layer] = b.writes;
        if (status == COMPLETE) rest(seen);
        if (status == COMPLETE && Port<Model>::DRAIN) seen.cycles_port = port_.finish(cycle());
        port_.quiet();
        seen.violations = port_.violations();
        return status;
    }

    // All inferences back to back: words are offered without a pause, and `start` rises while the one before runs. Only the
    // output is captured; an outcome's `cycles` is the cycle of its last output word, counted from the first input word.
    Status stream() {
        Burst &b = *burst_;
        const uint64_t input_total = uint64_t(b.inferences) * b.input_words;
        const uint64_t output_total = uint64_t(b.inferences) * b.output_words;
        uint64_t fed = 0, sent = 0, first = 0;
        uint32_t started = 0;
        uint8_t word[WORD_BYTES];
        port_.configure(b.input_words, b.output_words, cycle());
        port_.expect_output(b.output_words);
        for (uint64_t cycle = 0; cycle < b.cycle_limit; ++cycle) {
            // The core keeps one start; behind a bus, an inference ends with its last word.
            const uint64_t ended = std::min<uint64_t>(b.completed, sent / b.output_words);
            const bool starts = port_.can_start() && started < b.inferences && started <= ended + 1;
            port_.start(starts);
            started += starts;
            uint64_t may_feed = input_total, may_ask = output_total;
            if (Port<Model>::SHARED) {
                may_feed = std::min(input_total, (ended + 1) * b.input_words);
                may_ask = fed / b.input_words * b.output_words;
            }
            port_.drive(fed < may_feed ? b.input + fed * WORD_BYTES : nullptr, left(may_ask, sent));
            low();
            if (port_.took_input() && fed++ == 0) first = cycle;
            if (port_.gave_output(word) && sent < output_total) {
                std::memcpy(b.output + sent * WORD_BYTES, word, WORD_BYTES);
                b.outcomes[sent / b.output_words].cycles = uint32_t(cycle - first + 1);
                ++sent;
            }
            b.completed += OBSERVED(top_, done);
            const bool failed = OBSERVED(top_, error);
            high();
            if (failed) return ERROR_CODE;
            if (b.completed == b.inferences && (sent == output_total || !Port<Model>::DRAIN)) {
                port_.quiet();
                return sent == output_total && !port_.violations() ? COMPLETE : CYCLE_LIMIT;
            }
        }
        return CYCLE_LIMIT;
    }

    static uint64_t left(uint64_t total, uint64_t sent) { return total > sent ? total - sent : 0; }

    void capture_write() {
        burst_->addresses[burst_->writes] = OBSERVED(top_, trace_address);
        get_word(burst_->data + burst_->writes * WORD_BYTES, OBSERVED(top_, trace_data));
        ++burst_->writes;
    }

    // The core must be silent between two inferences; four cycles let the last pipeline stage speak up.
    void rest(Outcome &seen) {
        port_.quiet();
        for (int cycle = 0; cycle < 4; ++cycle) {
            low();
            if (OBSERVED(top_, trace_valid) || OBSERVED(top_, layer_done) || OBSERVED(top_, busy) || port_.offers_output())
                ++seen.strays;
            high();
        }
    }

    Model &top_;
    Port<Model> port_;
    Step step_;
    Burst *burst_ = nullptr;
};
