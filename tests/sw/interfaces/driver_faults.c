/* The driver on registers that are variables, which change at the moments that matter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isomac.h"
#include "require.h"

#define WORDS 4u

static const uint32_t FAULT = ISOMAC_ERROR_WEIGHT_READ << ISOMAC_STATUS_ERROR_SHIFT;

static struct {
    uint32_t interface, status, completed;
    uint32_t inputs, outputs, transfers;           /* so far: pieces, pieces, calls of receive */
    uint32_t fault_at_input, fault_at_output;      /* the core stops with this piece; 0: never */
    uint32_t status_afterwards, completed_afterwards; /* what the first transfer leaves */
} board;

static uint8_t data[4 * WORDS];
static isomac_device device;

static uint32_t read_register(void *context, uint32_t offset) {
    (void)context;
    switch (offset) {
        case ISOMAC_ID: return ISOMAC_ID_VALUE;
        case ISOMAC_VERSION: return ISOMAC_VERSION_MAJOR << ISOMAC_VERSION_MAJOR_SHIFT;
        case ISOMAC_CAPABILITY: return 4 | board.interface << ISOMAC_CAPABILITY_INTERFACE_SHIFT;
        case ISOMAC_INPUT_WORDS:
        case ISOMAC_OUTPUT_WORDS: return WORDS;
        case ISOMAC_STATUS: return board.status;
        case ISOMAC_COMPLETED: return board.completed;
        case ISOMAC_OUTPUT:
            if (++board.outputs == board.fault_at_output) board.status = FAULT;
            return 0;
        default: return 0;
    }
}

static void write_register(void *context, uint32_t offset, uint32_t value) {
    (void)context;
    if (offset == ISOMAC_CONTROL && value & ISOMAC_CONTROL_START) board.status |= ISOMAC_STATUS_BUSY;
    if (offset == ISOMAC_STATUS) board.status &= ~(value & ISOMAC_STATUS_DONE);
    if ((offset == ISOMAC_INPUT || offset == ISOMAC_LOAD) && ++board.inputs == board.fault_at_input) board.status = FAULT;
}

static int send(void *context, const void *bytes, size_t count) {
    (void)context, (void)bytes, (void)count;
    return 0;
}

static int receive(void *context, void *bytes, size_t count) {
    (void)context, (void)bytes, (void)count;
    if (board.transfers++ == 0) {
        board.status = board.status_afterwards;
        board.completed = board.completed_afterwards;
    }
    return 0;
}

static void open_board(uint32_t interface) {
    isomac_hal hal = {read_register, write_register, NULL, NULL, NULL, NULL};

    memset(&board, 0, sizeof board);
    board.interface = interface;
    if (interface == ISOMAC_INTERFACE_AXI) hal.send = send, hal.receive = receive;
    REQUIRE(isomac_open(&device, &hal) == ISOMAC_OK);
}

static void try_nothing_to_read(void) {
    open_board(ISOMAC_INTERFACE_AXI);
    REQUIRE(isomac_read(&device, data) == ISOMAC_BUSY);
    board.status = FAULT;
    REQUIRE(isomac_read(&device, data) == ISOMAC_FAULT);
    REQUIRE(board.transfers == 0);
}

static void try_a_fault_behind_an_output(void) {
    open_board(ISOMAC_INTERFACE_AXI);
    REQUIRE(isomac_start(&device, data) == ISOMAC_OK);
    REQUIRE(isomac_start(&device, data) == ISOMAC_OK);
    board.status_afterwards = FAULT | ISOMAC_STATUS_DONE;
    board.completed_afterwards = 1;
    REQUIRE(isomac_read(&device, data) == ISOMAC_OK);
    REQUIRE(isomac_wait(&device, 0) == ISOMAC_FAULT);
    REQUIRE(isomac_read(&device, data) == ISOMAC_FAULT);
    REQUIRE(board.transfers == 1);
}

static void try_two_ends(void) {
    open_board(ISOMAC_INTERFACE_AXI);
    REQUIRE(isomac_start(&device, data) == ISOMAC_OK);
    REQUIRE(isomac_start(&device, data) == ISOMAC_OK);
    board.status_afterwards = ISOMAC_STATUS_DONE;
    board.completed_afterwards = 2;
    REQUIRE(isomac_read(&device, data) == ISOMAC_OK);
    REQUIRE(board.status & ISOMAC_STATUS_DONE);
    REQUIRE(isomac_wait(&device, 1) == ISOMAC_OK);
    REQUIRE(isomac_read(&device, data) == ISOMAC_OK);
    REQUIRE((board.status & ISOMAC_STATUS_DONE) == 0);
    REQUIRE(isomac_read(&device, data) == ISOMAC_BUSY);
}

static void try_faults_between_words(void) {
    open_board(ISOMAC_INTERFACE_WISHBONE);
    board.fault_at_input = 2;
    REQUIRE(isomac_start(&device, data) == ISOMAC_FAULT);
    REQUIRE(board.inputs == 2);
    open_board(ISOMAC_INTERFACE_WISHBONE);
    board.fault_at_output = 3;
    REQUIRE(isomac_start(&device, data) == ISOMAC_OK);
    REQUIRE(board.inputs == WORDS);
    REQUIRE(isomac_read(&device, data) == ISOMAC_FAULT);
    REQUIRE(board.outputs == 3);
}

static void try_a_bad_packet(void) {
    static const uint32_t packets[] = {9, 1, 2, 3};

    open_board(ISOMAC_INTERFACE_AXI);
    device.programmable = 1;
    board.fault_at_input = 2;
    REQUIRE(isomac_load(&device, packets, 4, WORDS, WORDS) == ISOMAC_FAULT);
    REQUIRE(board.inputs == 2);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc != 1) return 2;
    try_nothing_to_read();
    try_a_fault_behind_an_output();
    try_two_ends();
    try_faults_between_words();
    try_a_bad_packet();
    return 0;
}
