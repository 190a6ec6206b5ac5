// Networks by their description; pacnet.h says what descriptions there are.
#pragma once

#include <memory>
#include <string>

#include "nn/net.h"
#include "nn/script.h"

namespace pacnet {

/// script: the module of a "torchscript". Throws kErrorInvalidArgument, naming the setting, if the description is of no network.
std::unique_ptr<Net> make_net(const std::string& description, std::shared_ptr<const Script> script = nullptr);

}  // namespace pacnet
