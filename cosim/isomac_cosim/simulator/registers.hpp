// The registers of an accelerator behind a bus that the bursts use, and what they should say.
#pragma once

#include <cstdint>

#define PASTE(a, b) a##b
#define JOINED(a, b) PASTE(a, b)
// A wire of the top module that shows what is a port with the plain interface.
#define OBSERVED(top, name) ((top).rootp->JOINED(JOINED(TOP, __DOT__observed_), name))

// Offsets and bits, as `isomac registers` documents them.
constexpr uint32_t INPUT_WORDS = 0x10, OUTPUT_WORDS = 0x14, CONTROL = 0x18, STATUS = 0x1C, CYCLES = 0x20, LOAD_WORD = 0x30;
constexpr uint32_t INPUT_WINDOW = 0x800, OUTPUT_WINDOW = 0xC00;
constexpr uint32_t CONTROL_START = 1, STATUS_DONE = 2;

// A bus has `read(offset, cycle)` and `write(offset, value, cycle)`, which clock until they are answered.
template <class Bus, class Cycle>
void configure_words(Bus &bus, uint32_t input, uint32_t output, Cycle cycle) {
    bus.write(INPUT_WORDS, input, cycle);
    bus.write(OUTPUT_WORDS, output, cycle);
    if (bus.read(INPUT_WORDS, cycle) != input || bus.read(OUTPUT_WORDS, cycle) != output) bus.violate();
}

// After an inference STATUS says `done` and nothing else, until that is cleared.
template <class Bus, class Cycle>
uint32_t finish_inference(Bus &bus, Cycle cycle) {
    if ((bus.read(STATUS, cycle) & ~0x10u) != STATUS_DONE) bus.violate();
    bus.write(STATUS, STATUS_DONE, cycle);
    if ((bus.read(STATUS, cycle) & ~0x10u) != 0) bus.violate();
    return bus.read(CYCLES, cycle);
}
