#include "nn/net.h"

#include "core/error.h"

namespace pacnet {

std::string Net::script() const { throw Error(kErrorInvalidArgument, "a network of a differential equation has no TorchScript form"); }

}  // namespace pacnet
