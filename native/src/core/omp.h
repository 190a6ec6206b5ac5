// The threads that LibTorch's own operations take.
#pragma once

namespace pacnet {

/// For as long as it lives, LibTorch's operations on this thread take so many threads. A setting of this thread's own:
/// fits on other threads, and whoever else uses LibTorch in the process, keep theirs.
class OmpThreads {
 public:
  explicit OmpThreads(int threads);
  ~OmpThreads();
  OmpThreads(const OmpThreads&) = delete;
  OmpThreads& operator=(const OmpThreads&) = delete;

 private:
  int before_;
};

}  // namespace pacnet
