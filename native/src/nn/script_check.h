// What of a user's module may run: TorchScript is code.
#pragma once

#include <cstdint>
#include <exception>
#include <string>

namespace torch::jit {
struct Module;
}

namespace pacnet {

/// Before it is loaded: throws kErrorInvalidArgument where loading would run something, or make objects of C++ classes.
void check_script_archive(const uint8_t* archive, int64_t bytes);

/// Throws kErrorInvalidArgument unless forward takes a tensor and gives one by LibTorch's own operators on tensors. Returns whether one of them
/// draws random numbers.
bool check_forward(const torch::jit::Module& module);

/// Of what LibTorch says of an error the last line: the others are the way through the module's code.
std::string last_line(const std::exception& e);

}  // namespace pacnet
