// The two functions of LZ4 that Verilator's FST writer calls, so that waveforms need no library beside the compiler.
//
// The output is a plain LZ4 block: sequences of {token, literals, offset, match length}. Matches are found through one
// hash table of four-byte strings, which is what makes repetitive waveforms small.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

namespace lz4_detail {

inline uint32_t four_bytes(const uint8_t *at) {
    uint32_t value;
    std::memcpy(&value, at, 4);
    return value;
}

inline uint8_t *put_length(uint8_t *out, uint32_t length) {
    for (; length >= 255; length -= 255) *out++ = 255;
    *out++ = static_cast<uint8_t>(length);
    return out;
}

// One sequence; `match` is 0 for the last one, which has literals only.
inline uint8_t *put_sequence(uint8_t *out, const uint8_t *literals, uint32_t count, uint32_t offset, uint32_t match) {
    const uint32_t length = match ? match - 4 : 0;
    *out++ = static_cast<uint8_t>((count < 15 ? count : 15) << 4 | (length < 15 ? length : 15));
    if (count >= 15) out = put_length(out, count - 15);
    if (count) std::memcpy(out, literals, count);
    out += count;
    if (!match) return out;
    *out++ = static_cast<uint8_t>(offset);
    *out++ = static_cast<uint8_t>(offset >> 8);
    return length >= 15 ? put_length(out, length - 15) : out;
}

}  // namespace lz4_detail

inline int LZ4_compress_default(const char *source, char *target, int size, int /* capacity: the bound */) {
    using namespace lz4_detail;
    const auto *const in = reinterpret_cast<const uint8_t *>(source);
    auto *out = reinterpret_cast<uint8_t *>(target);
    std::vector<int> last_seen(1 << 12, -1);
    int anchor = 0, at = 0;
    // The format wants the last match to begin twelve bytes and to end five bytes before the end.
    while (at < size - 12) {
        int &slot = last_seen[four_bytes(in + at) * 2654435761u >> 20];
        const int candidate = slot;
        slot = at;
        if (candidate < 0 || at - candidate > 65535 || four_bytes(in + candidate) != four_bytes(in + at)) {
            ++at;
            continue;
        }
        int match = 4;
        while (at + match < size - 5 && in[candidate + match] == in[at + match]) ++match;
        out = put_sequence(out, in + anchor, at - anchor, at - candidate, match);
        at += match;
        anchor = at;
    }
    out = put_sequence(out, in + anchor, size - anchor, 0, 0);
    return static_cast<int>(out - reinterpret_cast<uint8_t *>(target));
}
