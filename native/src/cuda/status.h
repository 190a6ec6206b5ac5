// Whether there is a GPU; free of CUDA's headers, so that every build can ask.
#pragma once

#include <string>

namespace pacnet::cuda {

struct Status {
  bool usable;
  std::string words;  ///< what it is, or why it can't be used and what to do
};

/// Of this process's current device. In a build without CUDA it says so.
Status status();

}  // namespace pacnet::cuda
