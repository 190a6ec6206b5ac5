#include "core/team.h"

#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace pacnet {

namespace {

inline void pause() noexcept {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

// A step has three rounds some tens of microseconds apart: long enough a spin to catch the next one, short enough
// not to burn a core while the caller is elsewhere.
constexpr int kSpins = 4000;

template <typename T>
void wait_while_equal(const std::atomic<T>& value, T old) {
  for (int i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) {
      return;
    }
    pause();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

Team::Team(int threads) : failures_(static_cast<std::size_t>(threads)) {
  try {
    for (int t = 1; t < threads; ++t) {
      workers_.emplace_back([this, t] { work(t); });
    }
  } catch (...) {  // no thread to be had: those that run must end first, or std::terminate ends the process
    stop();
    throw;
  }
}

Team::~Team() { stop(); }

void Team::stop() {
  stop_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& worker : workers_) {
    worker.join();
  }
}

void Team::run(const std::function<void(int)>& body) {
  if (workers_.empty()) {
    body(0);
    return;
  }
  body_ = &body;
  running_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  attempt(0);
  for (int left = running_.load(std::memory_order_acquire); left != 0;
       left = running_.load(std::memory_order_acquire)) {
    wait_while_equal(running_, left);
  }
  for (std::exception_ptr& failure : failures_) {
    if (failure) {
      const std::exception_ptr first = std::exchange(failure, nullptr);
      failures_.assign(failures_.size(), nullptr);
      std::rethrow_exception(first);
    }
  }
}

void Team::attempt(int thread) noexcept {
  try {
    (*body_)(thread);
  } catch (...) {
    failures_[static_cast<std::size_t>(thread)] = std::current_exception();
  }
}

void Team::work(int thread) {
  unsigned seen = 0;
  while (true) {
    wait_while_equal(round_, seen);
    ++seen;
    if (stop_.load(std::memory_order_relaxed)) {
      return;
    }
    attempt(thread);
    if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      running_.notify_all();
    }
  }
}

}  // namespace pacnet
