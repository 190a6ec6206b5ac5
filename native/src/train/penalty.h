// Pulls that are not one number a tensor: a precision for each position, and directions in which the pull is weaker.
#pragma once

#include "core/team.h"
#include "train/scope.h"

namespace pacnet {

/// Whether the scope has any; then the optimizer step's own pull must be off.
bool has_penalty(const Scope& scope);

/// Adds the gradient of sum_t l2_t sum_i h_i d_i^2 - sum_k (sum_i v_ki d_i)^2, d = w - anchor, i over the trainable
/// positions. With v = L^-1 U' A^-1 and h = 1/A that is d' (A + U U')^-1 d: a Gaussian prior of diagonal plus low rank,
/// by Woodbury's identity.
void add_penalty_gradient(const Scope& scope, const float* params, float* grads, Team& team);

}  // namespace pacnet
