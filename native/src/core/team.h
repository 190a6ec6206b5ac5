// The threads of one fit. They belong to the session, not to the process: two sessions never share a pool, and a
// session's thread count is what its caller asked for.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace pacnet {

class Team {
 public:
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const noexcept { return static_cast<int>(workers_.size()) + 1; }

  /// Runs body(thread) for thread = 0 .. size()-1, 0 on the caller's own, and waits for all; then throws what the first of
  /// them to throw, in that order, threw.
  void run(const std::function<void(int)>& body);

 private:
  void work(int thread);
  void attempt(int thread) noexcept;
  void stop();

  std::vector<std::thread> workers_;
  const std::function<void(int)>* body_ = nullptr;
  std::vector<std::exception_ptr> failures_;  ///< by thread; null where there is none
  std::atomic<unsigned> round_{0};
  std::atomic<int> running_{0};
  std::atomic<bool> stop_{false};
};

/// The part [begin, end) of `count` items that a thread of a team owns, in multiples of `grain` items.
struct Share {
  int64_t begin;
  int64_t end;
};
inline Share share_of(int64_t count, int thread, int threads, int64_t grain = 1) {
  const int64_t grains = (count + grain - 1) / grain;
  const int64_t begin = grains * thread / threads * grain;
  const int64_t end = grains * (thread + 1) / threads * grain;
  return {begin < count ? begin : count, end < count ? end : count};
}

}  // namespace pacnet
