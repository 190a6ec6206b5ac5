// The promises of the phases, checked in every run.
#pragma once

#include "core/arena.h"
#include "pacnet/pacnet.h"
#include "prune/mask.h"

namespace pacnet {

/// Throws kErrorGuarantee, naming the element, if one outside `trainable` differs in any bit from `before`.
void check_frozen(const Layout& layout, const BitMask& trainable, const float* before, const float* after);

/// Throws `kind` with the given sentence, naming the element, if one outside `trainable` holds anything but +0.0.
void check_frozen_zero(const Layout& layout, const BitMask& trainable, const float* params, ErrorKind kind,
                       const char* sentence);

/// Throws kErrorDiverged, naming the element, if a parameter is not finite.
void check_finite(const Layout& layout, const float* params);

}  // namespace pacnet
