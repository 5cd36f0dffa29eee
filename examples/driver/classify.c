/* Classifies images on an isomac accelerator: what the program of a user looks like.
 *
 * Usage: classify IMAGES, a file of 8-bit pixels, image after image. Prints a line for each: the class,
 * and the value of every output. The network is that of isomac_network.h, from the bundle. */
#include <stdint.h>
#include <stdio.h>

#include "board.h"
#include "isomac.h"
#include "isomac_network.h"

/* Looks at the status after which something must be wrong. */
#define PATIENCE 10000000u

static uint8_t input[ISOMAC_NETWORK_INPUT_BYTES];
static uint8_t output[ISOMAC_NETWORK_OUTPUT_BYTES];

/* Read an image into the input buffer. A pixel in 0..255 is the network's value pixel - 128. */
static int read_image(const isomac_device *device, FILE *file) {
    const isomac_tensor *image = &isomac_inputs[0];
    uint32_t channel, y, x;
    int pixel;

    for (channel = 0; channel < image->channels; ++channel) {
        for (y = 0; y < image->height; ++y) {
            for (x = 0; x < image->width; ++x) {
                pixel = fgetc(file);
                if (pixel == EOF) return 0;
                input[isomac_position(device, image, channel, y, x)] = (uint8_t)(pixel - 128);
            }
        }
    }
    return 1;
}

static int value_of(const isomac_device *device, uint32_t channel) {
    return (int8_t)output[isomac_position(device, &isomac_outputs[0], channel, 0, 0)];
}

static isomac_result classify(isomac_device *device) {
    isomac_result result = isomac_start(device, input);

    if (result == ISOMAC_OK) result = isomac_wait(device, PATIENCE);
    if (result == ISOMAC_OK) result = isomac_read(device, output);
    return result;
}

static void print_result(const isomac_device *device) {
    uint32_t channel, best = 0;

    for (channel = 1; channel < isomac_outputs[0].channels; ++channel)
        if (value_of(device, channel) > value_of(device, best)) best = channel;
    printf("%lu:", (unsigned long)best);
    for (channel = 0; channel < isomac_outputs[0].channels; ++channel)
        printf(" %d", value_of(device, channel));
    printf("\n");
}

int main(int argc, char **argv) {
    const isomac_hal hal = board_hal();
    isomac_device device;
    isomac_result result;
    FILE *file;

    if (argc != 2 || (file = fopen(argv[1], "rb")) == NULL) {
        fprintf(stderr, "usage: classify IMAGES\n");
        return 2;
    }
    result = isomac_open(&device, &hal);
    while (result == ISOMAC_OK && read_image(&device, file)) {
        result = classify(&device);
        if (result == ISOMAC_OK) print_result(&device);
    }
    fclose(file);
    if (result != ISOMAC_OK)
        fprintf(stderr, "error %d, core %lu\n", (int)result, (unsigned long)isomac_fault(&device));
    return result == ISOMAC_OK ? 0 : 1;
}
