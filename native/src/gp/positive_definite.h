// Factor and inverse of a large symmetric positive definite matrix on several threads: LAPACK's way by blocks, whose products each thread
// has its share of. The BLAS itself stays on one thread, since its own pool would be the process's (docs/architecture.md).
#pragma once

#include <cstdint>
#include <functional>

#include "core/team.h"

namespace pacnet {

// Matrices are [n, n] in double precision, a column behind the other. A block's bits do not depend on the number of threads.

/// The lower factor L of a = L L', in place; what lies above it is left as it was. False where a is not positive definite.
bool cholesky(double* a, int64_t n, Team& team);

/// The inverse of L L', whole, in the factor's place, by way of the inverse of L, for which `scratch` is as large.
void inverse_of(double* factor, int64_t n, Team& team, double* scratch);

/// b [n, columns], a column behind the other: L^-1 b, or (L L')^-1 b, in place.
void solve_lower(const double* factor, int64_t n, double* b, int64_t columns);
void solve_both(const double* factor, int64_t n, double* b, int64_t columns);

/// body(i) for i in [begin, end), each on the thread that is free.
void share_out(Team& team, int64_t begin, int64_t end, const std::function<void(int64_t)>& body);

}  // namespace pacnet
