/* Driver of isomac accelerators; see isomac.h. */
#include "isomac.h"

/* Bytes that a window of the Wishbone interface moves at once. */
#define PIECE_BYTES 4u

static uint32_t get(const isomac_device *device, uint32_t offset) {
    return device->hal.read_register(device->hal.context, offset);
}

static void put(const isomac_device *device, uint32_t offset, uint32_t value) {
    device->hal.write_register(device->hal.context, offset, value);
}

static uint32_t field(uint32_t value, uint32_t mask, uint32_t shift) { return (value & mask) >> shift; }

static int is_wishbone(const isomac_device *device) { return device->interface == ISOMAC_INTERFACE_WISHBONE; }

/* Inferences that have ended and whose output was not taken; counters wrap around. */
static uint32_t ended(const isomac_device *device) { return get(device, ISOMAC_COMPLETED) - device->taken; }

isomac_result isomac_open(isomac_device *device, const isomac_hal *hal) {
    uint32_t capability;

    device->hal = *hal;
    if (get(device, ISOMAC_ID) != ISOMAC_ID_VALUE) return ISOMAC_ABSENT;
    if (field(get(device, ISOMAC_VERSION), ISOMAC_VERSION_MAJOR_MASK, ISOMAC_VERSION_MAJOR_SHIFT) !=
        ISOMAC_VERSION_MAJOR)
        return ISOMAC_ABSENT;
    capability = get(device, ISOMAC_CAPABILITY);
    device->interface =
        field(capability, ISOMAC_CAPABILITY_INTERFACE_MASK, ISOMAC_CAPABILITY_INTERFACE_SHIFT);
    device->programmable = (capability & ISOMAC_CAPABILITY_PROGRAMMABLE) != 0;
    device->word_bytes =
        field(capability, ISOMAC_CAPABILITY_WORD_BYTES_MASK, ISOMAC_CAPABILITY_WORD_BYTES_SHIFT);
    for (device->word_pitch = 1; device->word_pitch < device->word_bytes;) device->word_pitch *= 2;
    device->input_words = get(device, ISOMAC_INPUT_WORDS);
    device->output_words = get(device, ISOMAC_OUTPUT_WORDS);
    device->taken = get(device, ISOMAC_COMPLETED);
    if (!is_wishbone(device) && (hal->send == NULL || hal->receive == NULL)) return ISOMAC_UNSUPPORTED;
    return ISOMAC_OK;
}

void isomac_reset(isomac_device *device) {
    put(device, ISOMAC_CONTROL, ISOMAC_CONTROL_RESET);
    device->taken = 0;
}

isomac_result isomac_load(isomac_device *device, const uint32_t *words, size_t count,
                          uint32_t input_words, uint32_t output_words) {
    size_t i;

    if (!device->programmable) return ISOMAC_UNSUPPORTED;
    if (isomac_fault(device) != ISOMAC_ERROR_NONE) return ISOMAC_FAULT;
    if (get(device, ISOMAC_STATUS) & ISOMAC_STATUS_BUSY) return ISOMAC_BUSY;
    for (i = 0; i < count; ++i) {
        /* A core that a packet has stopped takes no more: further words would be errors on the bus. */
        if (isomac_fault(device) != ISOMAC_ERROR_NONE) return ISOMAC_FAULT;
        put(device, ISOMAC_LOAD, words[i]);
    }
    put(device, ISOMAC_INPUT_WORDS, input_words);
    put(device, ISOMAC_OUTPUT_WORDS, output_words);
    device->input_words = input_words;
    device->output_words = output_words;
    return isomac_fault(device) == ISOMAC_ERROR_NONE ? ISOMAC_OK : ISOMAC_FAULT;
}

/* Whether the word that is offered is a whole output, whatever became of the core. */
static int is_whole(const isomac_device *device, uint32_t status) {
    return (status & ISOMAC_STATUS_OUTPUT_VALID) != 0 && device->output_words == 1;
}

/* Move the words of a buffer through a window of the Wishbone interface, which stalls the bus until the
 * core can take or give a piece. A core that has stopped does neither, which would be an error on the bus:
 * so they look before each word, and only one that stops between the look and the word shows there. */
static isomac_result send_words(const isomac_device *device, const uint8_t *data) {
    uint32_t word, at, i, piece;

    for (word = 0; word < device->input_words; ++word, data += device->word_pitch) {
        if (isomac_fault(device) != ISOMAC_ERROR_NONE) return ISOMAC_FAULT;
        for (at = 0; at < device->word_bytes; at += PIECE_BYTES) {
            piece = 0;
            for (i = 0; i < PIECE_BYTES && at + i < device->word_bytes; ++i)
                piece |= (uint32_t)data[at + i] << (8 * i);
            put(device, ISOMAC_INPUT, piece);
        }
    }
    return isomac_fault(device) == ISOMAC_ERROR_NONE ? ISOMAC_OK : ISOMAC_FAULT;
}

static isomac_result receive_words(const isomac_device *device, uint8_t *data) {
    uint32_t word, at, i, piece, status;

    for (word = 0; word < device->output_words; ++word, data += device->word_pitch) {
        status = get(device, ISOMAC_STATUS);
        /* A word that is offered stays when the core stops. */
        if ((status & ISOMAC_STATUS_ERROR_MASK) && !(status & ISOMAC_STATUS_OUTPUT_VALID))
            return ISOMAC_FAULT;
        for (i = device->word_bytes; i < device->word_pitch; ++i) data[i] = 0;
        for (at = 0; at < device->word_bytes; at += PIECE_BYTES) {
            piece = get(device, ISOMAC_OUTPUT);
            for (i = 0; i < PIECE_BYTES && at + i < device->word_bytes; ++i)
                data[at + i] = (uint8_t)(piece >> (8 * i));
        }
    }
    return ISOMAC_OK;
}

isomac_result isomac_start(isomac_device *device, const void *input) {
    uint32_t status = get(device, ISOMAC_STATUS);

    if (status & ISOMAC_STATUS_ERROR_MASK) return ISOMAC_FAULT;
    if (device->input_words == 0 || device->output_words == 0) return ISOMAC_UNSUPPORTED;
    /* On one bus, the next input and the output before it would wait for each other. */
    if (status & (is_wishbone(device) ? ISOMAC_STATUS_BUSY : ISOMAC_STATUS_QUEUED)) return ISOMAC_BUSY;
    put(device, ISOMAC_CONTROL, ISOMAC_CONTROL_START);
    if (device->hal.send == NULL) return send_words(device, (const uint8_t *)input);
    return device->hal.send(device->hal.context, input, isomac_input_bytes(device)) ? ISOMAC_TRANSFER
                                                                                    : ISOMAC_OK;
}

/* Wait until there is output, or, with `whole`, until the inference that gave it has ended. */
static isomac_result wait_for(const isomac_device *device, uint32_t polls, int whole) {
    uint32_t status, looks = 0;

    for (;;) {
        status = get(device, ISOMAC_STATUS);
        /* What has ended has, whatever became of the inference behind it. */
        if (ended(device) != 0 || (!whole && is_whole(device, status))) return ISOMAC_OK;
        if (status & ISOMAC_STATUS_ERROR_MASK) return ISOMAC_FAULT;
        if (!whole && (status & ISOMAC_STATUS_OUTPUT_VALID)) return ISOMAC_OK;
        if (polls != 0 && ++looks == polls) return ISOMAC_TIMEOUT;
        if (device->hal.idle != NULL) device->hal.idle(device->hal.context);
    }
}

isomac_result isomac_wait(isomac_device *device, uint32_t polls) { return wait_for(device, polls, 0); }

isomac_result isomac_read(isomac_device *device, void *output) {
    const uint32_t status = get(device, ISOMAC_STATUS);
    isomac_result result;

    /* A transfer of what will never come would not end, and a read of it would be an error on the bus. */
    if (ended(device) == 0 && !is_whole(device, status)) {
        if (status & ISOMAC_STATUS_ERROR_MASK) return ISOMAC_FAULT;
        if ((status & (ISOMAC_STATUS_BUSY | ISOMAC_STATUS_OUTPUT_VALID)) == 0) return ISOMAC_BUSY;
    }
    if (device->hal.receive == NULL) {
        result = receive_words(device, (uint8_t *)output);
        if (result != ISOMAC_OK) return result;
    } else if (device->hal.receive(device->hal.context, output, isomac_output_bytes(device))) {
        return ISOMAC_TRANSFER;
    }
    result = wait_for(device, 0, 1);
    if (result != ISOMAC_OK) return result;
    ++device->taken;
    /* The bit stays for another one that has ended in the meantime. One that ends between these two
     * accesses shows in the count alone, which is where isomac_wait looks first. */
    if (ended(device) == 0) put(device, ISOMAC_STATUS, ISOMAC_STATUS_DONE);
    return ISOMAC_OK;
}

size_t isomac_input_bytes(const isomac_device *device) {
    return (size_t)device->input_words * device->word_pitch;
}

size_t isomac_output_bytes(const isomac_device *device) {
    return (size_t)device->output_words * device->word_pitch;
}

uint32_t isomac_fault(const isomac_device *device) {
    return field(get(device, ISOMAC_STATUS), ISOMAC_STATUS_ERROR_MASK, ISOMAC_STATUS_ERROR_SHIFT);
}

uint32_t isomac_cycles(const isomac_device *device) { return get(device, ISOMAC_CYCLES); }

void isomac_enable_interrupts(isomac_device *device, uint32_t causes) {
    put(device, ISOMAC_IRQ_ENABLE, causes);
}

uint32_t isomac_interrupts(const isomac_device *device) { return get(device, ISOMAC_IRQ_STATUS); }

size_t isomac_position(const isomac_device *device, const isomac_tensor *tensor, uint32_t channel,
                       uint32_t y, uint32_t x) {
    const uint32_t slot = tensor->slots != NULL ? tensor->slots[channel] : channel;
    const size_t plane = slot / device->word_bytes;
    const size_t pixel = (plane * tensor->height + y) * tensor->width + x;
    const size_t n = pixel * tensor->pixel_bytes + slot % device->word_bytes;

    return (tensor->first_word + n / device->word_bytes) * device->word_pitch + n % device->word_bytes;
}

uint32_t isomac_read_memory(void *context, uint32_t offset) {
    return *(volatile uint32_t *)((uintptr_t)context + offset);
}

void isomac_write_memory(void *context, uint32_t offset, uint32_t value) {
    *(volatile uint32_t *)((uintptr_t)context + offset) = value;
}
