// Runge-Kutta methods as numbers: what a step does is in neural_ode.cpp.
#pragma once

#include <array>
#include <cstdint>

namespace pacnet {

/// z' = z + h sum_i b_i k_i, k_i = f(t + c_i h, z + h sum_j a_ij k_j), j < i, and of an implicit method j = i too, but for the first.
struct RungeKutta {
  static constexpr int kMostStages = 7;
  using Row = std::array<double, kMostStages>;

  int stages;
  std::array<Row, kMostStages> a;
  Row b;
  Row c;
  Row error;                                         ///< b less the embedded method's; zero where there is none
  std::array<std::array<double, 4>, kMostStages> dense;  ///< b_i(theta) = sum_p dense[i][p] theta^(p+1), likewise
  bool first_same_as_last;  ///< the last stage is where the step ends: the next step's first
  double diagonal = 0.0;    ///< a_ii of an implicit method, the same in all stages but the first, which is explicit
};

/// The classical method of order 4 (Kutta 1901).
inline constexpr RungeKutta kRungeKutta4{
    4,
    {{{}, {0.5}, {0.0, 0.5}, {0.0, 0.0, 1.0}}},
    {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6},
    {0.0, 0.5, 0.5, 1.0},
    {},
    {},
    false};

/// Order 5 with an error estimate of order 4 (Dormand & Prince 1980) and dense output of order 4 (Shampine 1986).
inline constexpr RungeKutta kDormandPrince{
    7,
    {{{},
      {1.0 / 5},
      {3.0 / 40, 9.0 / 40},
      {44.0 / 45, -56.0 / 15, 32.0 / 9},
      {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
      {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
      {35.0 / 384, 0.0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}}},
    {35.0 / 384, 0.0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0.0},
    {0.0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1.0, 1.0},
    {71.0 / 57600, 0.0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40},
    {{{1.0, -8048581381.0 / 2820520608, 8663915743.0 / 2820520608, -12715105075.0 / 11282082432},
      {},
      {0.0, 131558114200.0 / 32700410799, -68118460800.0 / 10900136933, 87487479700.0 / 32700410799},
      {0.0, -1754552775.0 / 470086768, 14199869525.0 / 1410260304, -10690763975.0 / 1880347072},
      {0.0, 127303824393.0 / 49829197408, -318862633887.0 / 49829197408, 701980252875.0 / 199316789632},
      {0.0, -282668133.0 / 205662961, 2019193451.0 / 616988883, -1453857185.0 / 822651844},
      {0.0, 40617522.0 / 29380423, -110615467.0 / 29380423, 69997945.0 / 29380423}}},
    true};

constexpr double kGamma = 0.43586652150845899942;

/// Implicit, of order 3 with an error estimate of order 2, both L-stable or nearly (Kvaerno 2004, ESDIRK 3/2a): for stiff equations.
inline constexpr RungeKutta kKvaerno3{
    4,
    {{{},
      {kGamma, kGamma},
      {(-4 * kGamma * kGamma + 6 * kGamma - 1) / (4 * kGamma), (1 - 2 * kGamma) / (4 * kGamma), kGamma},
      {(6 * kGamma - 1) / (12 * kGamma), -1 / ((24 * kGamma - 12) * kGamma), (-6 * kGamma * kGamma + 6 * kGamma - 1) / (6 * kGamma - 3), kGamma}}},
    {(6 * kGamma - 1) / (12 * kGamma), -1 / ((24 * kGamma - 12) * kGamma), (-6 * kGamma * kGamma + 6 * kGamma - 1) / (6 * kGamma - 3), kGamma},
    {0.0, 2 * kGamma, 1.0, 1.0},
    {(6 * kGamma - 1) / (12 * kGamma) - (-4 * kGamma * kGamma + 6 * kGamma - 1) / (4 * kGamma),
     -1 / ((24 * kGamma - 12) * kGamma) - (1 - 2 * kGamma) / (4 * kGamma),
     (-6 * kGamma * kGamma + 6 * kGamma - 1) / (6 * kGamma - 3) - kGamma, kGamma},
    {},
    true,
    kGamma};

}  // namespace pacnet
