// The port of the interface that the accelerator has.
#pragma once

#if defined(INTERFACE_AXI)
#include "axi_port.hpp"
#elif defined(INTERFACE_WISHBONE)
#include "wishbone_port.hpp"
#else
#include "stream_port.hpp"
#endif
