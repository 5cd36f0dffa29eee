/* Every function of the driver on a programmable accelerator, right and wrong; then all inputs of a file.
 *
 * Usage: corners TENSORS, a file of int8 (N, channels, height, width). Prints the outputs of each, value
 * after value of each tensor in (channel, y, x) order. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "board.h"
#include "isomac.h"
#include "isomac_network.h"
#include "isomac_program.h"
#include "require.h"

static uint8_t inputs[2][ISOMAC_NETWORK_INPUT_BYTES], output[ISOMAC_NETWORK_OUTPUT_BYTES];
static isomac_device device;

static uint32_t silent(void *context, uint32_t offset) {
    (void)context, (void)offset;
    return 0xFFFFFFFFu;
}

static uint32_t newer(void *context, uint32_t offset) {
    (void)context;
    return offset == ISOMAC_ID ? ISOMAC_ID_VALUE : (ISOMAC_VERSION_MAJOR + 1) << 16;
}

static int fails(void *context, const void *data, size_t bytes) {
    (void)context, (void)data, (void)bytes;
    return 1;
}

static int read_tensor(FILE *file, uint8_t *buffer) {
    const isomac_tensor *tensor = &isomac_inputs[0];
    uint32_t channel, y, x;
    int value;

    for (channel = 0; channel < tensor->channels; ++channel)
        for (y = 0; y < tensor->height; ++y)
            for (x = 0; x < tensor->width; ++x) {
                if ((value = fgetc(file)) == EOF) return 0;
                buffer[isomac_position(&device, tensor, channel, y, x)] = (uint8_t)value;
            }
    return 1;
}

static void print_output(void) {
    uint32_t k, channel, y, x;

    for (k = 0; k < ISOMAC_NETWORK_OUTPUTS; ++k)
        for (channel = 0; channel < isomac_outputs[k].channels; ++channel)
            for (y = 0; y < isomac_outputs[k].height; ++y)
                for (x = 0; x < isomac_outputs[k].width; ++x)
                    printf("%d ", (int8_t)output[isomac_position(&device, &isomac_outputs[k], channel, y, x)]);
    printf("\n");
}

static isomac_result load(void) {
    return isomac_load(&device, isomac_program, ISOMAC_PROGRAM_WORDS, ISOMAC_NETWORK_INPUT_WORDS,
                       ISOMAC_NETWORK_OUTPUT_WORDS);
}

static void try_absent(isomac_hal hal) {
    hal.read_register = silent;
    REQUIRE(isomac_open(&device, &hal) == ISOMAC_ABSENT);
    hal.read_register = newer;
    REQUIRE(isomac_open(&device, &hal) == ISOMAC_ABSENT);
}

static void try_before_loading(void) {
    static const uint32_t unknown_memory = 99;

    REQUIRE(device.programmable);
    REQUIRE(isomac_input_bytes(&device) == 0);
    REQUIRE(isomac_start(&device, inputs[0]) == ISOMAC_UNSUPPORTED);
    REQUIRE(isomac_wait(&device, 3) == ISOMAC_TIMEOUT);
    isomac_enable_interrupts(&device, ISOMAC_IRQ_ENABLE_ERROR);
    REQUIRE(isomac_load(&device, &unknown_memory, 1, 1, 1) == ISOMAC_FAULT);
    REQUIRE(isomac_fault(&device) == ISOMAC_ERROR_LOAD);
    REQUIRE(isomac_interrupts(&device) == ISOMAC_IRQ_STATUS_ERROR);
    REQUIRE(load() == ISOMAC_FAULT);
    REQUIRE(isomac_start(&device, inputs[0]) == ISOMAC_FAULT);
    REQUIRE(isomac_wait(&device, 0) == ISOMAC_FAULT);
    isomac_reset(&device);
    REQUIRE(isomac_fault(&device) == ISOMAC_ERROR_NONE);
    REQUIRE(isomac_interrupts(&device) == 0);
    REQUIRE(load() == ISOMAC_OK);
    REQUIRE(isomac_input_bytes(&device) == ISOMAC_NETWORK_INPUT_BYTES);
    REQUIRE(isomac_output_bytes(&device) == ISOMAC_NETWORK_OUTPUT_BYTES);
    REQUIRE(device.word_pitch == ISOMAC_NETWORK_WORD_PITCH);
}

static void try_while_busy(void) {
    isomac_enable_interrupts(&device, ISOMAC_IRQ_ENABLE_DONE);
    REQUIRE(isomac_start(&device, inputs[0]) == ISOMAC_OK);
    REQUIRE(load() == ISOMAC_BUSY);
    REQUIRE(isomac_interrupts(&device) == 0);
    if (device.interface == ISOMAC_INTERFACE_AXI) {
        REQUIRE(isomac_start(&device, inputs[1]) == ISOMAC_OK);
        REQUIRE(isomac_start(&device, inputs[1]) == ISOMAC_BUSY);
    } else {
        REQUIRE(isomac_start(&device, inputs[1]) == ISOMAC_BUSY);
    }
    REQUIRE(isomac_wait(&device, 1) == ISOMAC_TIMEOUT);
    REQUIRE(isomac_wait(&device, 0) == ISOMAC_OK);
    REQUIRE(isomac_read(&device, output) == ISOMAC_OK);
    REQUIRE(isomac_cycles(&device) > 0);
    print_output();
    if (device.interface != ISOMAC_INTERFACE_AXI) REQUIRE(isomac_start(&device, inputs[1]) == ISOMAC_OK);
    REQUIRE(isomac_wait(&device, 0) == ISOMAC_OK);
    REQUIRE(isomac_read(&device, output) == ISOMAC_OK);
    REQUIRE(isomac_interrupts(&device) == 0);
    print_output();
}

static void try_hooks(isomac_hal hal) {
    isomac_device other;

    hal.send = fails;
    if (device.interface == ISOMAC_INTERFACE_AXI) {
        REQUIRE(isomac_open(&other, &hal) == ISOMAC_OK);
        REQUIRE(other.input_words == ISOMAC_NETWORK_INPUT_WORDS);
        REQUIRE(isomac_start(&other, inputs[0]) == ISOMAC_TRANSFER);
        isomac_reset(&other);
        hal.send = NULL;
        REQUIRE(isomac_open(&other, &hal) == ISOMAC_UNSUPPORTED);
    } else {
        REQUIRE(isomac_read(&device, output) == ISOMAC_BUSY);
    }
}

int main(int argc, char **argv) {
    const isomac_hal hal = board_hal();
    FILE *file;

    if (argc != 2 || (file = fopen(argv[1], "rb")) == NULL) return 2;
    try_absent(hal);
    REQUIRE(isomac_open(&device, &hal) == ISOMAC_OK);
    try_before_loading();
    REQUIRE(read_tensor(file, inputs[0]) && read_tensor(file, inputs[1]));
    try_while_busy();
    try_hooks(hal);
    /* A device that is opened again goes on where the hardware is. */
    REQUIRE(isomac_open(&device, &hal) == ISOMAC_OK);
    while (read_tensor(file, inputs[0])) {
        REQUIRE(isomac_start(&device, inputs[0]) == ISOMAC_OK);
        REQUIRE(isomac_wait(&device, 0) == ISOMAC_OK);
        REQUIRE(isomac_read(&device, output) == ISOMAC_OK);
        print_output();
    }
    fclose(file);
    return 0;
}
