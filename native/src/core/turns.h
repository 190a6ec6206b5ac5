// How many threads of a process may do something at once.
#pragma once

#include <condition_variable>
#include <mutex>

namespace pacnet {

/// So many at most are in; who comes when there is no room waits for it.
class Turns {
 public:
  explicit Turns(int room) : room_(room), left_(room) {}

  /// Is in, with so many threads, for as long as it lives. Whoever is in already, further up on its own thread, does not wait for itself.
  class In {
   public:
    In(Turns& turns, int threads);
    ~In();
    In(const In&) = delete;
    In& operator=(const In&) = delete;

   private:
    Turns& turns_;
    int taken_;
  };

 private:
  const int room_;
  int left_;
  std::mutex mutex_;
  std::condition_variable freed_;
};

}  // namespace pacnet
