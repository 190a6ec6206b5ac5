#include "core/turns.h"

#include <algorithm>

namespace pacnet {

namespace {

thread_local int inside = 0;  // of whichever turns: only one kind is ever taken within another

}  // namespace

Turns::In::In(Turns& turns, int threads) : turns_(turns), taken_(inside > 0 ? 0 : std::clamp(threads, 1, turns.room_)) {
  if (taken_ > 0) {
    std::unique_lock<std::mutex> lock(turns_.mutex_);
    turns_.freed_.wait(lock, [this] { return turns_.left_ >= taken_; });
    turns_.left_ -= taken_;
  }
  ++inside;
}

Turns::In::~In() {
  --inside;
  if (taken_ > 0) {
    {
      const std::lock_guard<std::mutex> lock(turns_.mutex_);
      turns_.left_ += taken_;
    }
    turns_.freed_.notify_all();
  }
}

}  // namespace pacnet
