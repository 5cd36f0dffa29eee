// The yardstick of cosim_speed.py: the same core, clocked by a plain loop, with no VPI and nothing captured.
//
// Usage: PROGRAM INFERENCES INPUT_WORDS CYCLE_LIMIT WORDS_FILE; prints cycles and nanoseconds.
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "Vtop.h"
#include "verilated.h"

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    const unsigned inferences = std::strtoul(argv[1], nullptr, 10), words = std::strtoul(argv[2], nullptr, 10);
    const unsigned long limit = std::strtoul(argv[3], nullptr, 10);
    std::ifstream file(argv[4], std::ios::binary);
    const std::vector<char> input((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (input.size() != size_t(words) * WORD_BYTES) return 2;
    auto top = std::make_unique<Vtop>();
    uint64_t cycles = 0;
    const auto cycle = [&] {
        top->clk = 0;
        top->eval();
        top->clk = 1;
        top->eval();
        ++cycles;
    };
    top->rst = 1;
    for (int i = 0; i < 4; ++i) cycle();
    top->rst = 0;
    top->output_ready = 1;
    const auto begin = std::chrono::steady_clock::now();
    cycles = 0;
    for (unsigned inference = 0; inference < inferences; ++inference) {
        unsigned sent = 0;
        top->start = 1;
        for (unsigned long i = 0;; ++i) {
            if (i == limit) return 1;
            top->input_valid = sent < words;
            if (top->input_valid) std::memcpy(&top->input_data, &input[size_t(sent) * WORD_BYTES], WORD_BYTES);
            top->clk = 0;
            top->eval();
            sent += top->input_valid && top->input_ready;
            const bool done = top->done;
            top->clk = 1;
            top->eval();
            ++cycles;
            top->start = 0;
            if (done) break;
        }
        for (int i = 0; i < 4; ++i) cycle();
    }
    const auto spent = std::chrono::steady_clock::now() - begin;
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count();
    std::printf("%" PRIu64 " %" PRId64 "\n", cycles, static_cast<int64_t>(nanoseconds));
    return 0;
}
