// A training step of many perceptrons of one shape: a block belongs to one of them, and what it does depends on no other.
#pragma once

#include <cstdint>
#include <type_traits>

#include "cuda/grid.h"
#include "cuda/guarantee_kernels.h"
#include "cuda/layer_kernels.h"
#include "cuda/step_kernels.h"
#include "nn/loss_arithmetic.h"

namespace pacnet::cuda {

/// Where a member's rows and their order are, in those of all.
struct GroupMember {
  int64_t first_row;  ///< of its own
  int64_t rows;
  int64_t order;  ///< in an epoch's orders, where its own begins
  int64_t steps;  ///< of its whole fit
};

/// How far a member is.
struct MemberState : StepState {
  int64_t epoch = -1; ///< of those that there is room for
  int64_t turn = 0;   ///< of the epoch's batches; those with fewer rows than others have nothing to do in the last ones
  int64_t first = 0;  ///< of its order, where this batch begins
  int64_t rows = 0;   ///< of this batch; 0: nothing to do
};

/// What a group's kernels need to know of it.
struct GroupSpec {
  const GroupMember* members;
  MemberState* states;
  int64_t count;
  int64_t batch;   ///< most rows of a step
  int64_t turns;   ///< batches an epoch, of the member with most rows
  int64_t orders;  ///< of an epoch, of all members
};

/// The member of a block, and the block's place among its own, `each` of them a member.
struct Own {
  int64_t member;
  Thread at;
};
PACNET_HD inline Own own_of(const Thread& at, int64_t each) {
  const Place place = place_of(at.block, each);
  return {place.row, {place.column, at.thread, each, at.threads}};
}

/// To the beginning of the room for epochs: a thread a member.
struct FirstEpoch {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  GroupSpec group;

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    for (int64_t i = at.index(); i < group.count; i += at.stride()) {
      group.states[i].epoch = -1;
    }
  }
};

/// Begins the next batch of each member, and its step: a thread a member.
struct BeginTurn {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  GroupSpec group;
  AdvanceStep advance;  ///< whose state and number of steps are the members'
  double* losses;       ///< [epochs, members]

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& /*shared*/) const {
    for (int64_t i = at.index(); i < group.count; i += at.stride()) {
      MemberState& state = group.states[i];
      if (state.turn == 0) {
        ++state.epoch;
        losses[state.epoch * group.count + i] = 0.0;
        state.row = 0;
      }
      state.turn = state.turn + 1 == group.turns ? 0 : state.turn + 1;
      const int64_t left = group.members[i].rows - state.row;
      state.first = state.row;
      state.rows = left < group.batch ? left : group.batch;
      state.row += state.rows;
      if (state.rows > 0) {
        AdvanceStep own = advance;
        own.state = &state;
        own.schedule.steps = group.members[i].steps;
        own.advance();
      }
    }
  }
};

/// The rows of each member's batch: to_x [members, batch, inputs], to_y [members, batch, labels].
struct GatherGroup {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  GroupSpec group;
  const float* x;
  const float* y;
  const uint32_t* order;  ///< of all epochs that there is room for
  float* to_x;
  float* to_y;
  int64_t inputs;
  int64_t labels;

  int64_t each() const { return grid_for(group.batch * (inputs + labels)).blocks; }
  Grid grid() const { return {group.count * each(), grid_for(1).threads}; }

  template <int kPhase>
  PACNET_HD void run(const Thread& all, Shared& /*shared*/) const {
    const auto [member, at] = own_of(all, all.blocks / group.count);
    const MemberState& state = group.states[member];
    const GroupMember& own = group.members[member];
    const uint32_t* first = order + state.epoch * group.orders + own.order + state.first;
    const int64_t of_x = state.rows * inputs;
    for (int64_t i = at.index(); i < of_x + state.rows * labels; i += at.stride()) {
      if (i < of_x) {
        const Place place = place_of(i, inputs);
        to_x[member * group.batch * inputs + i] = x[(own.first_row + first[place.row]) * inputs + place.column];
      } else {
        const Place place = place_of(i - of_x, labels);
        to_y[member * group.batch * labels + i - of_x] = y[(own.first_row + first[place.row]) * labels + place.column];
      }
    }
  }
};

/// Fused on both sides, as the sums of a BLAS are.
PACNET_HD inline float fused(float a, float b, float c) {
#ifdef __CUDA_ARCH__
  return __fmaf_rn(a, b, c);
#else
  return __builtin_fmaf(a, b, c);
#endif
}

/// One matrix a member: row i of member m begins at data + m * member + i * pitch.
struct Matrices {
  const float* data;
  int64_t member;
  int64_t pitch;
};

/// Of the three products of a layer: the way there, z [batch, out] = a w'; the way back, [batch, in] = g w; and the weights' gradient,
/// [out, in] = g' a.
enum class Product { kForward, kBackward, kWeights };

/// c = op(a) op(b) of each member, by tiles that a block holds in shared memory. A sum's terms are added in one order, whatever the
/// number of members.
/// Finish: operator()(member, row, column, sum), and column(member, row, sum) of a's sums in kWeights.
template <Product kProduct, typename Finish>
struct GroupProduct {
  static constexpr int kTile = 32;
  static constexpr int kDeep = 32;
  static constexpr int kEach = 4;  ///< rows, and columns, of a thread
  static constexpr int kThreads = (kTile / kEach) * (kTile / kEach);
  static constexpr int kPitch = kTile + kEach;
  struct Shared {
    alignas(16) float a[kDeep][kPitch];
    alignas(16) float b[kDeep][kPitch];
  };
  /// What a thread keeps from round to round.
  struct Local {
    float sums[kEach][kEach] = {};
    float of_a[kEach] = {};
  };

  GroupSpec group;
  Matrices a;
  Matrices b;
  int64_t rows;     ///< of c; of a batch in all but kWeights
  int64_t columns;
  int64_t inner;    ///< of a batch in kWeights
  Finish finish_with;

  Grid grid() const { return {group.count * tiles(rows) * tiles(columns), kThreads}; }

  PACNET_HD int64_t rounds(const Thread& all) const {
    const Tile tile = tile_of(all);
    return tile.row >= tile.rows ? 0 : (tile.inner + kDeep - 1) / kDeep;
  }

  PACNET_HD void load(const Thread& all, Shared& shared, int64_t round) const {
    const Tile tile = tile_of(all);
    const int64_t deep = round * kDeep;
    // The way in which a matrix lies in memory is that in which neighbouring threads read it.
    load<kProduct != Product::kWeights>(all, a, tile.member, tile.row, tile.rows, deep, tile.inner, shared.a);
    load<kProduct == Product::kForward>(all, b, tile.member, tile.column, columns, deep, tile.inner, shared.b);
  }

  PACNET_HD void add(const Thread& all, const Shared& shared, Local& local, int64_t round) const {
    const int row = all.thread / (kTile / kEach) * kEach;
    const int column = all.thread % (kTile / kEach) * kEach;
    const int64_t left_over = tile_of(all).inner - round * kDeep;
    const int deep = left_over < kDeep ? static_cast<int>(left_over) : kDeep;
    for (int k = 0; k < deep; ++k) {
      const Four left = cuda::load(shared.a[k], row);
      const Four right = cuda::load(shared.b[k], column);
      for (int i = 0; i < kEach; ++i) {
        for (int j = 0; j < kEach; ++j) {
          local.sums[i][j] = fused(left.at[i], right.at[j], local.sums[i][j]);
        }
        if constexpr (kProduct == Product::kWeights) {
          local.of_a[i] += left.at[i];
        }
      }
    }
  }

  PACNET_HD void finish(const Thread& all, const Local& local) const {
    const Tile tile = tile_of(all);
    if (group.states[tile.member].rows == 0) {
      return;
    }
    const int64_t row = tile.row + all.thread / (kTile / kEach) * kEach;
    const int64_t column = tile.column + all.thread % (kTile / kEach) * kEach;
    // All of them by constant indices, so that they stay registers.
    for (int i = 0; i < kEach; ++i) {
      for (int j = 0; j < kEach; ++j) {
        if (row + i < tile.rows && column + j < columns) {
          finish_with(tile.member, row + i, column + j, local.sums[i][j]);
        }
      }
      if constexpr (kProduct == Product::kWeights) {
        if (row + i < tile.rows && column == 0) {
          finish_with.column(tile.member, row + i, local.of_a[i]);
        }
      }
    }
  }

 private:
  struct Tile {
    int64_t member;
    int64_t row;
    int64_t column;
    int64_t rows;
    int64_t inner;
  };

  PACNET_HD static int64_t tiles(int64_t size) { return (size + kTile - 1) / kTile; }

  PACNET_HD Tile tile_of(const Thread& all) const {
    const Place of_member = place_of(all.block, tiles(rows) * tiles(columns));
    const Place place = place_of(of_member.column, tiles(columns));
    const int64_t batch = group.states[of_member.row].rows;
    constexpr bool kInner = kProduct == Product::kWeights;
    return {of_member.row, place.row * kTile, place.column * kTile, kInner ? rows : batch, kInner ? batch : inner};
  }

  // Lines [first, first + kTile) of `lines` by columns [deep, deep + kDeep) of `inner`, zeros where there is none. kAlong: the matrix has
  // its lines as rows.
  template <bool kAlong>
  PACNET_HD static void load(const Thread& all, const Matrices& from, int64_t member, int64_t first, int64_t lines, int64_t deep,
                             int64_t inner, float (&to)[kDeep][kPitch]) {
    const float* data = from.data + member * from.member;
    if (from.pitch % kEach == 0) {
      // Then so is what lies along memory, and each four lie whole within or without.
      constexpr int kFours = (kAlong ? kDeep : kTile) / kEach;
      for (int e = all.thread; e < kTile * kDeep / kEach; e += kThreads) {
        const int line = kAlong ? e / kFours : e % kFours * kEach;
        const int k = kAlong ? e % kFours * kEach : e / kFours;
        const int64_t i = first + line;
        const int64_t j = deep + k;
        const Four values = i < lines && j < inner ? cuda::load(data, kAlong ? i * from.pitch + j : j * from.pitch + i) : Four{};
        if constexpr (kAlong) {
          for (int q = 0; q < kEach; ++q) {
            to[k + q][line] = values.at[q];
          }
        } else {
          store(to[k], line, values);
        }
      }
      return;
    }
    for (int e = all.thread; e < kTile * kDeep; e += kThreads) {
      const int line = kAlong ? e / kDeep : e % kTile;
      const int k = kAlong ? e % kDeep : e / kTile;
      const int64_t i = first + line;
      const int64_t j = deep + k;
      to[k][line] = i < lines && j < inner ? data[kAlong ? i * from.pitch + j : j * from.pitch + i] : 0.0F;
    }
  }
};

/// Of a layer on the way there: bias and activation, or with Linear the bias alone.
template <typename F>
struct Activated {
  const float* bias;
  int64_t extent;  ///< of an arena
  float* saved;    ///< for the way back; may be out, where that is what is kept
  float* out;
  int64_t member;  ///< floats of one, of both
  int64_t width;

  PACNET_HD void operator()(int64_t m, int64_t row, int64_t column, float sum) const {
    const int64_t i = m * member + row * width + column;
    const float in = sum + bias[m * extent + column];
    if constexpr (std::is_same_v<F, Linear>) {
      out[i] = in;
    } else {
      const float value = F::value(in);
      if (saved != out) {
        saved[i] = F::saved(in, value);
      }
      out[i] = value;
    }
  }
};

/// On the way back, through the activation in front.
template <typename F>
struct Sloped {
  const float* saved;
  float* grad;
  int64_t member;
  int64_t width;

  PACNET_HD void operator()(int64_t m, int64_t row, int64_t column, float sum) const {
    const int64_t i = m * member + row * width + column;
    grad[i] = sum * F::slope(saved[i]);
  }
};

/// A layer's gradients, into the arenas'.
struct LayerGradients {
  float* weight;
  float* bias;
  int64_t extent;
  int64_t width;

  PACNET_HD void operator()(int64_t m, int64_t row, int64_t column, float sum) const { weight[m * extent + row * width + column] = sum; }
  PACNET_HD void column(int64_t m, int64_t row, float sum) const { bias[m * extent + row] = sum; }
};

/// What a member's rows say of its loss: a block a member. Rows: `of` a member's state, how the loss is told of its rows.
template <typename Rows>
struct GroupLoss {
  using Shared = BlockSum;
  static constexpr int kPhases = 3;

  GroupSpec group;
  Rows rows;
  double scale;
  double* losses;

  Grid grid() const { return {group.count, BlockSum::kThreads}; }

  template <int kPhase>
  PACNET_HD void run(const Thread& at, Shared& shared) const {
    const MemberState& state = group.states[at.block];
    if constexpr (kPhase == 0) {
      shared.sums[at.thread] = rows.sum(at, group.batch, state.rows);
    } else if constexpr (kPhase == 1) {
      shared.gather(at);
    } else if (at.thread == 0) {
      losses[state.epoch * group.count + at.block] += shared.total(at) * scale;
    }
  }
};

/// Losses of single outputs: out and grad are [members, batch, outputs], y has [members, batch] rows.
template <typename Error>
struct ElementRows {
  Error error;
  const float* out;
  Labels y;
  float* grad;
  int64_t outputs;

  PACNET_HD double sum(const Thread& at, int64_t batch, int64_t count) const {
    const int64_t first = at.block * batch * outputs;
    const float each = 1.0F / static_cast<float>(count) / static_cast<float>(outputs);
    double sum = 0.0;
    for (int64_t i = at.thread; i < count * outputs; i += at.threads) {
      const auto [row, column] = place_of(i, outputs);
      const int64_t own = at.block * batch + row;
      const float difference = out[first + i] - y.of(own)[column];
      const float weight = y.weight(own);
      sum += static_cast<double>(weight) * static_cast<double>(error.value(difference));
      grad[first + i] = error.slope(difference) * (weight * each);
    }
    return sum;
  }
};

/// Cross-entropy, likewise.
struct ClassRows {
  const float* out;
  Labels y;
  float* grad;
  int64_t outputs;

  PACNET_HD double sum(const Thread& at, int64_t batch, int64_t count) const {
    const float scale = 1.0F / static_cast<float>(count);
    double sum = 0.0;
    for (int64_t r = at.thread; r < count; r += at.threads) {
      const int64_t row = at.block * batch + r;
      const float weight = y.weight(row);
      sum += static_cast<double>(weight) * cross_entropy_row(out + row * outputs, static_cast<int64_t>(*y.of(row)), outputs, outputs,
                                                             weight * scale, grad + row * outputs);
    }
    return sum;
  }
};

/// The optimizer's step of each member: `arrays` are the first one's, and the others' behind them; mask, pull and anchor are all members'.
template <bool kAdam>
struct GroupStep {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  GroupSpec group;
  StepArrays arrays;

  Grid grid() const {
    const Grid each = MaskedStep<kAdam>::grid(arrays.extent);
    return {group.count * each.blocks, each.threads};
  }

  template <int kPhase>
  PACNET_HD void run(const Thread& all, Shared& shared) const {
    const auto [member, at] = own_of(all, all.blocks / group.count);
    if (group.states[member].rows == 0) {
      return;
    }
    MaskedStep<kAdam> own{arrays};
    const int64_t shift = member * arrays.extent;
    own.arrays.state = group.states + member;
    own.arrays.param += shift;
    own.arrays.grad += shift;
    own.arrays.moment1 += shift;
    own.arrays.moment2 += kAdam ? shift : 0;
    own.template run<kPhase>(at, shared);
  }
};

/// FindBreach of each member: `find` is the first one's, with what all were before.
template <Breach kBreach>
struct GroupBreach {
  using Shared = NoShared;
  static constexpr int kPhases = 1;

  int64_t members;
  FindBreach<kBreach> find;

  Grid grid() const {
    const Grid each = grid_for(find.extent);
    return {members * each.blocks, each.threads};
  }

  template <int kPhase>
  PACNET_HD void run(const Thread& all, Shared& shared) const {
    const auto [member, at] = own_of(all, all.blocks / members);
    FindBreach<kBreach> own = find;
    own.values += member * find.extent;
    own.first += member;
    own.template run<kPhase>(at, shared);
  }
};

}  // namespace pacnet::cuda
