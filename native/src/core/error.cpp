#include "core/error.h"

#include <c10/util/Exception.h>

#include <new>

namespace pacnet {

namespace {
thread_local int last_kind = kErrorNone;
}  // namespace

int last_error_kind() noexcept { return last_kind; }

void clear_error() noexcept { last_kind = kErrorNone; }

void require(bool condition, const std::string& message) {
  if (!condition) {
    throw Error(kErrorInvalidArgument, message);
  }
}

void rethrow_as_error() {
  try {
    throw;
  } catch (const Error& e) {
    last_kind = e.kind();
    throw;
  } catch (const c10::OutOfMemoryError& e) {
    last_kind = kErrorOutOfMemory;
    throw Error(kErrorOutOfMemory, e.what_without_backtrace());
  } catch (const c10::Error& e) {
    last_kind = kErrorInternal;
    throw Error(kErrorInternal, e.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    last_kind = kErrorOutOfMemory;
    throw Error(kErrorOutOfMemory, "out of memory: the network or its buffers do not fit");
  } catch (const std::exception& e) {
    last_kind = kErrorInternal;
    throw Error(kErrorInternal, e.what());
  }
}

}  // namespace pacnet
