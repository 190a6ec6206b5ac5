// The one exception type of the core, and the boundary that every public function runs behind.
#pragma once

#include <stdexcept>
#include <string>

#include "pacnet/pacnet.h"

namespace pacnet {

/// An error with its kind; the message is a sentence for a user.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// Throws Error(kErrorInvalidArgument) unless the condition holds.
void require(bool condition, const std::string& message);

/// Turns the exception in flight into an Error, records its kind for last_error_kind() and throws it. For use inside a
/// catch-all handler: LibTorch's messages carry C++ stack lines, which are cut here and nowhere else.
[[noreturn]] void rethrow_as_error();

/// What last_error_kind() says until the next error on this thread.
void clear_error() noexcept;

/// Runs the body of a public function.
template <typename Body>
decltype(auto) guarded(Body&& body) {
  clear_error();
  try {
    return body();
  } catch (...) {
    rethrow_as_error();
  }
}

}  // namespace pacnet
