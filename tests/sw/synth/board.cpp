// Drives the harness by its pins: words in, run, words out. Arguments: input file, words to fetch.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "Visomac_board.h"
#include "verilated.h"

namespace {
Visomac_board *board;
long ticks = 0;

void tick() {
  board->clk = 0;
  board->eval();
  board->clk = 1;
  board->eval();
  if (++ticks > 5000000) {
    std::fprintf(stderr, "no end in sight\n");
    std::exit(3);
  }
}

// Signals pass two registers before they have an effect and are seen.
void wait() {
  for (int i = 0; i < 4; ++i) tick();
}

template <class Pin> void edge(Pin &pin) {
  pin = 1;
  wait();
  pin = 0;
  wait();
}
}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  board = new Visomac_board;
  board->rst = 1;
  wait();
  board->rst = 0;
  wait();
  edge(board->start);
  std::ifstream input(argv[1]);
  for (std::string bits; input >> bits;) {  // one word a line, lowest bit first
    while (board->input_full) tick();
    board->input_shift = 1;
    for (char bit : bits) {
      board->input_bit = bit == '1';
      tick();
    }
    board->input_shift = 0;
    tick();
    edge(board->input_send);
  }
  size_t width = 0;
  {
    std::ifstream again(argv[1]);
    std::string bits;
    again >> bits;
    width = bits.size();
  }
  for (int word = 0; word < std::atoi(argv[2]); ++word) {
    while (!board->output_full) tick();
    std::string bits;
    for (size_t i = 0; i < width; ++i) {
      bits += board->output_bit ? '1' : '0';
      edge(board->output_shift);
    }
    std::puts(bits.c_str());
    edge(board->output_fetched);
  }
  wait();
  uint32_t cycles = 0;
  for (int i = 0; i < 32; ++i) {
    cycles |= uint32_t(board->cycles_bit) << i;
    edge(board->cycles_shift);
  }
  std::printf("done %d busy %d error %d cycles %u\n", board->done, board->busy, board->error, cycles);
  return 0;
}
