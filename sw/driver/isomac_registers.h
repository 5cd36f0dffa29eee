/* Registers of an isomac accelerator behind AXI4-Lite or Wishbone.
 * Written by `isomac registers --format c`, from hw/isomac_hw/interfaces/register_map.py. */
#ifndef ISOMAC_REGISTERS_H
#define ISOMAC_REGISTERS_H

/* What register ID reads. */
#define ISOMAC_ID_VALUE 0x4D4F5349u
#define ISOMAC_VERSION_MAJOR 1u
#define ISOMAC_VERSION_MINOR 0u
#define ISOMAC_INTERFACE_AXI 1u
#define ISOMAC_INTERFACE_WISHBONE 2u
/* Identification of an isomac accelerator. */
#define ISOMAC_ID 0x000u
/* Version of this map. */
#define ISOMAC_VERSION 0x004u
/* Grows when something is added. */
#define ISOMAC_VERSION_MINOR_SHIFT 0u
#define ISOMAC_VERSION_MINOR_MASK 0x0000FFFFu
/* Grows when software has to change. */
#define ISOMAC_VERSION_MAJOR_SHIFT 16u
#define ISOMAC_VERSION_MAJOR_MASK 0xFFFF0000u
/* What the accelerator is. */
#define ISOMAC_CAPABILITY 0x008u
/* Bytes of a word of the data streams, M. */
#define ISOMAC_CAPABILITY_WORD_BYTES_SHIFT 0u
#define ISOMAC_CAPABILITY_WORD_BYTES_MASK 0x0000FFFFu
/* 1: AXI. 2: Wishbone. */
#define ISOMAC_CAPABILITY_INTERFACE_SHIFT 16u
#define ISOMAC_CAPABILITY_INTERFACE_MASK 0x000F0000u
/* 1 if program and weights can be loaded. */
#define ISOMAC_CAPABILITY_PROGRAMMABLE 0x00100000u
/* 1 if the next input may come early. */
#define ISOMAC_CAPABILITY_OVERLAP_INPUT 0x00200000u
/* Size of the array: pixel_lanes * channel_lanes multipliers. */
#define ISOMAC_LANES 0x00Cu
/* Multipliers of a pixel lane. */
#define ISOMAC_LANES_CHANNEL_LANES_SHIFT 0u
#define ISOMAC_LANES_CHANNEL_LANES_MASK 0x0000FFFFu
/* Output pixels that are computed at once. */
#define ISOMAC_LANES_PIXEL_LANES_SHIFT 16u
#define ISOMAC_LANES_PIXEL_LANES_MASK 0xFFFF0000u
/* Words of an input. A programmable accelerator starts with 0 and leaves it to software. */
#define ISOMAC_INPUT_WORDS 0x010u
/* Words of an output. A programmable accelerator starts with 0 and leaves it to software. */
#define ISOMAC_OUTPUT_WORDS 0x014u
/* Commands. Bits that are written as 0 do nothing. */
#define ISOMAC_CONTROL 0x018u
/* Run an inference; a second one, while one runs, runs right behind it. A third is dropped and
 * sets STATUS.overrun; one after an error is dropped too. */
#define ISOMAC_CONTROL_START 0x00000001u
/* Reset the core and what is on its way in the streams, and clear STATUS, CYCLES and COMPLETED.
 * Memories, words and interrupt enables stay. Wins over start. A word of output on offer is
 * withdrawn: the other ends of the streams must be reset too. */
#define ISOMAC_CONTROL_RESET 0x00000002u
/* What the accelerator is doing. */
#define ISOMAC_STATUS 0x01Cu
/* An inference was started and has not ended. */
#define ISOMAC_STATUS_BUSY 0x00000001u
/* The last word of an output has left. */
#define ISOMAC_STATUS_DONE 0x00000002u
/* A start was dropped: two were under way. */
#define ISOMAC_STATUS_OVERRUN 0x00000004u
/* One runs and the next is started already. */
#define ISOMAC_STATUS_QUEUED 0x00000008u
/* A word of input would be taken now. */
#define ISOMAC_STATUS_INPUT_READY 0x00000010u
/* A word of output waits to be taken. */
#define ISOMAC_STATUS_OUTPUT_VALID 0x00000020u
/* 0, or why the core has stopped; see below. */
#define ISOMAC_STATUS_ERROR_SHIFT 8u
#define ISOMAC_STATUS_ERROR_MASK 0x00000F00u
/* Clock cycles of the inference in flight or the last one. */
#define ISOMAC_CYCLES 0x020u
/* Inferences that have ended since the reset. */
#define ISOMAC_COMPLETED 0x024u
/* Which causes raise the interrupt. */
#define ISOMAC_IRQ_ENABLE 0x028u
/* While STATUS.done is 1. */
#define ISOMAC_IRQ_ENABLE_DONE 0x00000001u
/* While STATUS.error is not 0. */
#define ISOMAC_IRQ_ENABLE_ERROR 0x00000002u
/* While STATUS.output_valid is 1. */
#define ISOMAC_IRQ_ENABLE_OUTPUT 0x00000004u
/* The enabled causes that are present; `irq` is high while there is one. */
#define ISOMAC_IRQ_STATUS 0x02Cu
/* Ends when STATUS.done is cleared. */
#define ISOMAC_IRQ_STATUS_DONE 0x00000001u
/* Ends with a reset. */
#define ISOMAC_IRQ_STATUS_ERROR 0x00000002u
/* Ends when the word is taken. */
#define ISOMAC_IRQ_STATUS_OUTPUT 0x00000004u
/* The load port: each write is the next word of the packets that fill the memories. */
#define ISOMAC_LOAD 0x030u
/* The input stream: each write brings the next 4 bytes of a word, the lowest first. */
#define ISOMAC_INPUT 0x800u
#define ISOMAC_INPUT_BYTES 0x400u
/* The output stream: each read takes the next 4 bytes of a word, the lowest first. */
#define ISOMAC_OUTPUT 0xC00u
#define ISOMAC_OUTPUT_BYTES 0x400u
/* No error. */
#define ISOMAC_ERROR_NONE 0u
/* A job does not fit this hardware, or it has no unit for it. */
#define ISOMAC_ERROR_ILLEGAL_JOB 1u
/* The program ran past its last row. */
#define ISOMAC_ERROR_PROGRAM_END 2u
/* A read beyond the activation memory. */
#define ISOMAC_ERROR_ACTIVATION_READ 3u
/* A write beyond the activation memory. */
#define ISOMAC_ERROR_ACTIVATION_WRITE 4u
/* A read beyond the weight memory. */
#define ISOMAC_ERROR_WEIGHT_READ 5u
/* A read beyond the requantization memory. */
#define ISOMAC_ERROR_REQUANT_READ 6u
/* A load packet named an unknown memory, or more rows than it has. */
#define ISOMAC_ERROR_LOAD 7u

#endif
