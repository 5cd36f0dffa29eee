/* The board: how the accelerator is reached here. verilated_axi.cpp is a board that is a simulation. */
#ifndef BOARD_H
#define BOARD_H

#include "isomac.h"

#ifdef __cplusplus
extern "C" {
#endif

isomac_hal board_hal(void);

#ifdef __cplusplus
}
#endif

#endif
