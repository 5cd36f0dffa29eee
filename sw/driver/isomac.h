/* Driver of isomac accelerators behind AXI or Wishbone. C99; no dynamic memory, no floating point.
 *
 *     isomac_device device;
 *     isomac_open(&device, &hal);                      who is there
 *     isomac_load(&device, words, count, in, out);     a programmable accelerator only
 *     isomac_start(&device, input);                    for each inference
 *     isomac_wait(&device, 0);
 *     isomac_read(&device, output);
 *
 * The hardware is reached through an `isomac_hal` alone. A device belongs to one caller at a time. */
#ifndef ISOMAC_H
#define ISOMAC_H

#include <stddef.h>
#include <stdint.h>

#include "isomac_registers.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum isomac_result {
    ISOMAC_OK = 0,
    ISOMAC_ABSENT,      /* no isomac accelerator, or one with another major version of the registers */
    ISOMAC_BUSY,        /* it cannot take this now: wait for and read what was started */
    ISOMAC_FAULT,       /* the core has stopped: isomac_fault says why, isomac_reset brings it back */
    ISOMAC_TIMEOUT,     /* nothing came in the number of polls that was asked for */
    ISOMAC_TRANSFER,    /* a hook of the HAL has failed */
    ISOMAC_UNSUPPORTED  /* not with this accelerator: loading a fixed one, a HAL without data hooks */
} isomac_result;

/* How the hardware is reached. Every hook gets `context` back.
 *
 * read_register, write_register: an access of 32 bits at an offset of the accelerator's address range.
 *     isomac_read_memory and isomac_write_memory serve where the range is mapped to memory and
 *     `context` is its address.
 * send: hand `bytes` to the input stream, from the first to the last. It may return before they have
 *     left, if it needs `data` no more or the caller leaves it alone until the inference has ended.
 * receive: fill `data` with the next `bytes` of the output stream, and return when they are there.
 *     Both return 0 if all went well. With Wishbone they may be null: the driver moves the data itself.
 * idle: called between two looks at the status; may be null. A place to sleep until the interrupt. */
typedef struct isomac_hal {
    uint32_t (*read_register)(void *context, uint32_t offset);
    void (*write_register)(void *context, uint32_t offset, uint32_t value);
    int (*send)(void *context, const void *data, size_t bytes);
    int (*receive)(void *context, void *data, size_t bytes);
    void (*idle)(void *context);
    void *context;
} isomac_hal;

/* An accelerator, filled by isomac_open. Only the driver writes to it.
 *
 * In buffers a word of the streams takes word_pitch bytes, the power of two from word_bytes on; bytes
 * beyond word_bytes are ignored at the input and 0 at the output. */
typedef struct isomac_device {
    isomac_hal hal;
    uint32_t interface;      /* ISOMAC_INTERFACE_AXI or ISOMAC_INTERFACE_WISHBONE */
    uint32_t programmable;
    uint32_t word_bytes;
    uint32_t word_pitch;
    uint32_t input_words;    /* of an inference; 0 if a programmable accelerator is not loaded yet */
    uint32_t output_words;
    uint32_t taken;          /* inferences whose output was read */
} isomac_device;

/* Where the values of a tensor lie in a buffer; isomac_network.h of a bundle has those of its network.
 *
 * Value (channel, y, x) is byte `n % word_bytes` of word `first_word + n / word_bytes`, where
 * n = (slot / word_bytes * height * width + y * width + x) * pixel_bytes + slot % word_bytes,
 * and slot is slots[channel], or channel if slots is null. */
typedef struct isomac_tensor {
    const char *name;
    uint32_t channels, height, width;
    uint32_t first_word;
    uint32_t pixel_bytes;
    const uint32_t *slots;
    int32_t zero_point;
} isomac_tensor;

/* Look for an accelerator and learn its sizes. What it does is not disturbed. */
isomac_result isomac_open(isomac_device *device, const isomac_hal *hal);

/* Stop whatever runs and forget it. What was loaded stays. The other ends of the streams, a DMA
 * engine for example, must be reset as well if they are in the middle of a transfer. */
void isomac_reset(isomac_device *device);

/* Fill the memories of a programmable accelerator with the packets in `words`, and tell it the words of
 * an input and an output of the network in them. */
isomac_result isomac_load(isomac_device *device, const uint32_t *words, size_t count,
                          uint32_t input_words, uint32_t output_words);

/* Start an inference on isomac_input_bytes bytes. Behind AXI a second one may be started while the first
 * runs; their outputs are then read one after the other. */
isomac_result isomac_start(isomac_device *device, const void *input);

/* Wait until there is output to read. Gives up after `polls` looks at the status, never if it is 0. */
isomac_result isomac_wait(isomac_device *device, uint32_t polls);

/* Read the isomac_output_bytes bytes of the oldest inference that was not read yet. ISOMAC_BUSY if none
 * was started. Nothing but isomac_reset ends a transfer that waits for a core which stops meanwhile. */
isomac_result isomac_read(isomac_device *device, void *output);

size_t isomac_input_bytes(const isomac_device *device);
size_t isomac_output_bytes(const isomac_device *device);

/* One of ISOMAC_ERROR_*; 0 if the core runs or rests. */
uint32_t isomac_fault(const isomac_device *device);

/* Clock cycles of the inference in flight or the last one. */
uint32_t isomac_cycles(const isomac_device *device);

/* Let these causes raise the interrupt, and no others: an or of ISOMAC_IRQ_ENABLE_*. */
void isomac_enable_interrupts(isomac_device *device, uint32_t causes);

/* The causes that raise it now. That of `done` ends with isomac_read, unless another one has ended. */
uint32_t isomac_interrupts(const isomac_device *device);

/* Place of a value in the buffer of an input or output, in bytes. */
size_t isomac_position(const isomac_device *device, const isomac_tensor *tensor, uint32_t channel,
                       uint32_t y, uint32_t x);

/* Register hooks for an address range that is mapped to memory at `context`. */
uint32_t isomac_read_memory(void *context, uint32_t offset);
void isomac_write_memory(void *context, uint32_t offset, uint32_t value);

#ifdef __cplusplus
}
#endif

#endif
