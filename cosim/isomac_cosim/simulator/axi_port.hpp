// AXI: registers behind AXI4-Lite, data in AXI4-Stream. See stream_port.hpp for what the functions are for.
#pragma once

#include "registers.hpp"
#include "word.hpp"

// Set by runner.py: bytes of TDATA.
#ifndef BEAT_BYTES
#error "BEAT_BYTES is not defined"
#endif

template <class Model>
class Port {
public:
    static constexpr bool SHARED = false;
    static constexpr uint64_t DRAIN = 4;

    explicit Port(Model &top) : top_(top) {}

    void clock(bool level) { top_.aclk = level; }
    void reset(bool on) { top_.aresetn = !on; }
    bool can_start() const { return started(); }
    void start(bool level) {
        if (level) begin_write(CONTROL, CONTROL_START);
    }
    bool started() const { return !answer_due_; }

    void drive(const uint8_t *word, uint64_t) {
        drive_write();
        top_.s_axis_tvalid = word != nullptr;
        // What lies beyond the word is nobody's.
        std::memset(&top_.s_axis_tdata, 0xA5, BEAT_BYTES);
        if (word) put_word(top_.s_axis_tdata, word);
        top_.m_axis_tready = 1;
    }
    // Called once in each cycle, so that the write of a register goes on, too.
    bool took_input() {
        sample_write();
        return top_.s_axis_tvalid && top_.s_axis_tready;
    }
    bool gave_output(uint8_t *word) {
        if (!top_.m_axis_tvalid || !top_.m_axis_tready) return false;
        get_word(word, top_.m_axis_tdata);
        const bool last = ++words_ == words_expected_;
        if (last) words_ = 0;
        if (bool(top_.m_axis_tlast) != last || !padding_is_zero() || !keeps_all()) violate();
        return true;
    }
    bool core_took() const { return OBSERVED(top_, input_taken); }
    bool core_gave() const { return OBSERVED(top_, output_taken); }
    bool offers_output() const { return top_.m_axis_tvalid; }

    void quiet() {
        top_.s_axi_awvalid = top_.s_axi_wvalid = top_.s_axi_bready = 0;
        top_.s_axi_arvalid = top_.s_axi_rready = 0;
        top_.s_axis_tvalid = 0;
        top_.m_axis_tready = 0;
        answer_due_ = false;
    }
    template <class Cycle>
    void configure(uint32_t input, uint32_t output, Cycle cycle) {
        configure_words(*this, input, output, cycle);
    }
    template <class Cycle>
    uint32_t finish(Cycle cycle) {
        return finish_inference(*this, cycle);
    }
    void expect_output(uint32_t words) { words_expected_ = words, words_ = 0, violations_ = 0; }
    uint32_t violations() const { return violations_; }
    void violate() { ++violations_; }

#ifdef LOAD_PORT
    void offer_load(const uint32_t *word) {
        if (word && started()) begin_write(LOAD_WORD, *word);
        drive_write();
    }
    bool took_load() {
        sample_write();
        return started();
    }
    bool loaded() const { return started(); }
#endif

    template <class Cycle>
    void write(uint32_t offset, uint32_t value, Cycle cycle) {
        begin_write(offset, value);
        for (int patience = 100; !started() && patience; --patience) {
            drive_write();
            cycle([this] { sample_write(); });
        }
        if (!started()) violate();
        answer_due_ = false;
    }
    template <class Cycle>
    uint32_t read(uint32_t offset, Cycle cycle) {
        uint32_t value = 0;
        bool answered = false;
        top_.s_axi_araddr = offset;
        top_.s_axi_arvalid = top_.s_axi_rready = 1;
        for (int patience = 100; !answered && patience; --patience) {
            bool taken = false;
            cycle([&] {
                taken = top_.s_axi_arvalid && top_.s_axi_arready;
                answered = top_.s_axi_rvalid;
                value = top_.s_axi_rdata;
                if (answered && top_.s_axi_rresp != 0) violate();
            });
            if (taken) top_.s_axi_arvalid = 0;
        }
        top_.s_axi_rready = 0;
        if (!answered) violate();
        return value;
    }

private:
    void begin_write(uint32_t offset, uint32_t value) {
        top_.s_axi_awaddr = offset;
        top_.s_axi_wdata = value;
        top_.s_axi_wstrb = 15;
        address_taken_ = data_taken_ = false;
        answer_due_ = true;
    }
    // The channels of a write: each holds its valid until it was taken.
    void drive_write() {
        top_.s_axi_awvalid = answer_due_ && !address_taken_;
        top_.s_axi_wvalid = answer_due_ && !data_taken_;
        top_.s_axi_bready = answer_due_;
    }
    void sample_write() {
        address_taken_ |= top_.s_axi_awvalid && top_.s_axi_awready;
        data_taken_ |= top_.s_axi_wvalid && top_.s_axi_wready;
        if (!answer_due_ || !top_.s_axi_bvalid) return;
        if (top_.s_axi_bresp != 0) violate();
        answer_due_ = false;
    }
    bool padding_is_zero() const {
        const uint8_t *beat = reinterpret_cast<const uint8_t *>(&top_.m_axis_tdata);
        for (int i = WORD_BYTES; i < BEAT_BYTES; ++i)
            if (beat[i]) return false;
        return true;
    }
    bool keeps_all() const {
        const uint8_t *keep = reinterpret_cast<const uint8_t *>(&top_.m_axis_tkeep);
        for (int i = 0; i < BEAT_BYTES; ++i)
            if (!(keep[i / 8] >> i % 8 & 1)) return false;
        return true;
    }

    Model &top_;
    bool answer_due_ = false, address_taken_ = false, data_taken_ = false;
    uint32_t words_ = 0, words_expected_ = 0, violations_ = 0;
};
