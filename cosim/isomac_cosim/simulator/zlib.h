// What Verilator's FST writer needs of zlib, so that waveforms need no library beside the compiler.
//
// The writer stores a block uncompressed whenever compression does not make it smaller. It compresses only small blocks
// this way (initial values and time stamps; the value changes go through LZ4), so this `compress2` never makes it
// smaller: it copies, and the writer keeps the original.
#pragma once

#include <cstring>

using Bytef = unsigned char;
using uLong = unsigned long;
using uLongf = unsigned long;

constexpr int Z_OK = 0;

inline uLong compressBound(uLong size) { return size; }

inline int compress2(Bytef *target, uLongf *target_size, const Bytef *source, uLong size, int /* level */) {
    if (size) std::memcpy(target, source, size);
    *target_size = size;
    return Z_OK;
}
