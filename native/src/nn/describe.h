// Networks by their description; pacnet.h says what descriptions there are.
#pragma once

#include <memory>
#include <string>

#include "nn/net.h"

namespace pacnet {

/// Throws kErrorInvalidArgument, naming the setting, if the description is of no network.
std::unique_ptr<Net> make_net(const std::string& description);

}  // namespace pacnet
