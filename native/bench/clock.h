// Seconds of each epoch, which is one pass over the rows.
#pragma once

#include <chrono>
#include <vector>

#include "pacnet/pacnet.h"

class Clock : public pacnet::FitListener {
 public:
  bool on_epoch(int64_t, double, double) override {
    const auto now = std::chrono::steady_clock::now();
    seconds.push_back(std::chrono::duration<double>(now - last_).count());
    last_ = now;
    return true;
  }
  std::vector<double> seconds;

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};
