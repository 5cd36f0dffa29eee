// The simulation loop: cocotb's time steps, with bursts executed between them.
//
// Python asks for a burst with `isomac_post_burst` and awaits a timer; the loop executes it when all callbacks have
// returned. Everything else is the scheme of IEEE 1800-2012, 4.4, that cocotb expects of a Verilator program.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "Vtop.h"
#ifdef TOP
#include "Vtop___024root.h"
#endif
#include "burst.hpp"
#include "verilated.h"
#include "verilated_vpi.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif

extern "C" void vlog_startup_routines_bootstrap(void);

static uint64_t now = 0;              // in units of the time precision, 1 ps
static const uint64_t HALF_CYCLE = 5000;
static Burst *posted = nullptr;

double sc_time_stamp() { return static_cast<double>(now); }

extern "C" void isomac_post_burst(Burst *burst) { posted = burst; }
extern "C" uint32_t isomac_burst_bytes() { return sizeof(Burst); }
extern "C" const char *isomac_compiler() {
#if defined(__clang__)
    return __VERSION__;  // says "Clang" itself
#else
    return "GCC " __VERSION__;
#endif
}

namespace {

// Writes a waveform when the program was built with tracing and `--wave FILE` was given.
class Wave {
public:
    Wave(Vtop &top, int argc, char **argv) {
#if VM_TRACE
        for (int i = 1; i + 1 < argc; ++i) {
            if (std::string(argv[i]) != "--wave") continue;
            Verilated::traceEverOn(true);
            file_ = std::make_unique<VerilatedFstC>();
            top.trace(file_.get(), 99);
            file_->open(argv[i + 1]);
        }
#else
        (void)top, (void)argc, (void)argv;
#endif
    }
    void dump() {
#if VM_TRACE
        if (file_) file_->dump(now);
#endif
    }
    void close() {
#if VM_TRACE
        if (file_) file_->close();
        file_.reset();
#endif
    }

private:
#if VM_TRACE
    std::unique_ptr<VerilatedFstC> file_;
#endif
};

// Value-change callbacks may change values: repeat until none is called.
void settle() {
    while (VerilatedVpi::callValueCbs()) {
    }
}

// One time step: evaluate and call back until nothing changes any more.
void time_step(Vtop &top) {
    do {
        do {
            top.eval_step();
            VerilatedVpi::clearEvalNeeded();
            VerilatedVpi::doInertialPuts();
            settle();
        } while (VerilatedVpi::evalNeeded());
        VerilatedVpi::callCbs(cbReadWriteSynch);
        VerilatedVpi::doInertialPuts();
        settle();
    } while (VerilatedVpi::evalNeeded());
    top.eval_end_step();
    VerilatedVpi::callCbs(cbReadOnlySynch);
}

}  // namespace

int main(int argc, char **argv) {
    Verilated::commandArgs(argc, argv);
    Verilated::fatalOnVpiError(false);
    auto top = std::make_unique<Vtop>("");
    Wave wave(*top, argc, argv);
    const auto after_half_cycle = [&wave] {
        now += HALF_CYCLE;
        wave.dump();
    };
    BurstRunner<Vtop, decltype(after_half_cycle)> runner(*top, after_half_cycle);

    vlog_startup_routines_bootstrap();
    VerilatedVpi::callCbs(cbStartOfSimulation);
    settle();
    while (!Verilated::gotFinish()) {
        time_step(*top);
        wave.dump();
        // No callback stands between a burst and the look at the next deadline: each of them would also collect the
        // timers that the burst has run past, and the deadline would be lost.
        if (posted) runner.run(*std::exchange(posted, nullptr));
        const uint64_t deadline = VerilatedVpi::cbNextDeadline();
        if (deadline == ~uint64_t{0}) break;
        now = std::max(now, deadline);
        VerilatedVpi::callCbs(cbNextSimTime);
        settle();
        VerilatedVpi::callTimedCbs();
        settle();
    }
    top->final();
    VerilatedVpi::callCbs(cbEndOfSimulation);
    wave.close();
    return Verilated::threadContextp()->errorCount() > 0;
}
