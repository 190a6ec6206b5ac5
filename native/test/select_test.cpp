// Magnitude selection against a plain stable sort.

#include "prune/select.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "core/error.h"

namespace pacnet {
namespace {

// A layout of tensors of these sizes with values in its buffer; gaps hold NaN, which no pass may look at.
struct Tensors {
  explicit Tensors(const std::vector<int64_t>& sizes) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      std::string name = "t";
      name += std::to_string(i);
      layout.add(name, {sizes[i], 1}, kRolePrunable);
    }
    values = std::vector<float>(static_cast<std::size_t>(layout.extent()), std::numeric_limits<float>::quiet_NaN());
  }
  template <typename Draw>
  void fill(Draw draw) {
    for (const Tensor& t : layout.tensors()) {
      for (int64_t i = 0; i < t.size; ++i) {
        values[static_cast<std::size_t>(t.offset + i)] = draw();
      }
    }
  }
  Layout layout;
  std::vector<float> values;
};

std::vector<bool> sorted_mask(const Tensors& t, int64_t keep) {
  std::vector<int64_t> order;
  for (const Tensor& tensor : t.layout.tensors()) {
    for (int64_t i = 0; i < tensor.size; ++i) {
      order.push_back(tensor.offset + i);
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return std::fabs(t.values[static_cast<std::size_t>(a)]) > std::fabs(t.values[static_cast<std::size_t>(b)]);
  });
  std::vector<bool> mask(t.values.size());
  for (int64_t i = 0; i < keep; ++i) {
    mask[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = true;
  }
  return mask;
}

void expect_same_as_sort(const Tensors& t, int64_t keep) {
  BitMask mask(t.layout);
  select_largest(t.values.data(), t.layout.tensors(), keep, mask);
  const std::vector<bool> expected = sorted_mask(t, keep);
  int64_t kept = 0;
  for (const Tensor& tensor : t.layout.tensors()) {
    kept += mask.count(tensor);
    for (int64_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
      ASSERT_EQ(mask.get(i), expected[static_cast<std::size_t>(i)]) << "keep " << keep << ", index " << i;
    }
  }
  EXPECT_EQ(kept, keep);
}

TEST(Select, EqualsASortForEveryCountOnRandomValues) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  Tensors t({7, 64, 65, 100});
  t.fill([&] { return normal(random); });
  for (int64_t keep = 0; keep <= 236; ++keep) {
    expect_same_as_sort(t, keep);
  }
}

TEST(Select, BreaksTiesByLowestIndex) {
  std::mt19937 random(2);
  Tensors t({70, 130});
  t.fill([&] { return static_cast<float>(random() % 3) * (random() % 2 == 0 ? 1.0F : -1.0F); });
  for (int64_t keep = 0; keep <= 200; ++keep) {
    expect_same_as_sort(t, keep);
  }
}

TEST(Select, OrdersDenormalsZerosAndNeighboursExactly) {
  std::vector<float> pool = {0.0F, -0.0F, std::numeric_limits<float>::denorm_min(),
                             -2 * std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::min(),
                             std::numeric_limits<float>::max(), -std::numeric_limits<float>::max(), 1.0F};
  pool.push_back(std::nextafter(1.0F, 2.0F));
  pool.push_back(-std::nextafter(1.0F, 0.0F));
  std::mt19937 random(3);
  Tensors t({33, 33});
  t.fill([&] { return pool[random() % pool.size()]; });
  for (int64_t keep = 0; keep <= 66; ++keep) {
    expect_same_as_sort(t, keep);
  }
}

TEST(Select, FindsTheThresholdOfAMillion) {
  std::mt19937 random(4);
  std::normal_distribution<float> normal;
  Tensors t({1'000'000});
  t.fill([&] { return normal(random); });
  const int64_t keep = keep_count(1'000'000, 0.8);
  EXPECT_EQ(keep, 200'000);
  expect_same_as_sort(t, keep);
}

TEST(Select, NamesAValueThatIsNotFinite) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    Tensors t({10, 10});
    t.fill([] { return 1.0F; });
    t.values[64 + 3] = bad;
    BitMask mask(t.layout);
    try {
      select_largest(t.values.data(), t.layout.tensors(), 5, mask);
      FAIL() << bad;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), kErrorDiverged);
      EXPECT_NE(std::string(e.what()).find("t1[3]"), std::string::npos) << e.what();
    }
  }
}

// The rule as it is written down, by brute force: each tensor's own largest up to its floor, then the largest of the rest.
std::vector<bool> mask_with_floors(const Tensors& t, const std::vector<int64_t>& floors, int64_t keep) {
  const std::vector<bool> none(t.values.size());
  std::vector<bool> mask = none;
  std::vector<int64_t> rest;
  int64_t left = keep;
  const auto larger = [&](int64_t a, int64_t b) {
    return std::fabs(t.values[static_cast<std::size_t>(a)]) > std::fabs(t.values[static_cast<std::size_t>(b)]);
  };
  for (std::size_t k = 0; k < floors.size(); ++k) {
    const Tensor& tensor = t.layout.tensors()[k];
    std::vector<int64_t> order(static_cast<std::size_t>(tensor.size));
    std::iota(order.begin(), order.end(), tensor.offset);
    std::stable_sort(order.begin(), order.end(), larger);
    for (int64_t i = 0; i < tensor.size; ++i) {
      if (i < floors[k]) {
        mask[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = true;
        --left;
      } else {
        rest.push_back(order[static_cast<std::size_t>(i)]);
      }
    }
  }
  std::sort(rest.begin(), rest.end());
  std::stable_sort(rest.begin(), rest.end(), larger);
  for (int64_t i = 0; i < left; ++i) {
    mask[static_cast<std::size_t>(rest[static_cast<std::size_t>(i)])] = true;
  }
  return mask;
}

TEST(Rule, GlobalGivesEveryTensorItsFloorAndKeepsExactlyK) {
  std::mt19937 random(6);
  std::normal_distribution<float> normal;
  const std::vector<int64_t> sizes = {640, 64, 200, 31};
  // Scales at which some, none, or all but one of the tensors would lose everything by the plain rule.
  for (const std::vector<float>& scales :
       {std::vector<float>{100.0F, 0.01F, 1.0F, 0.1F}, {1.0F, 1.0F, 1.0F, 1.0F}, {0.001F, 0.01F, 100.0F, 0.1F}}) {
    for (const double ratio : {0.5, 0.8, 0.95}) {
      Tensors t(sizes);
      for (std::size_t k = 0; k < sizes.size(); ++k) {
        const Tensor& tensor = t.layout.tensors()[k];
        for (int64_t i = 0; i < tensor.size; ++i) {
          t.values[static_cast<std::size_t>(tensor.offset + i)] = scales[k] * std::round(normal(random) * 8);
        }
      }
      std::vector<int64_t> floors;
      for (const int64_t size : sizes) {
        floors.push_back((std::llround((1 - ratio) * static_cast<double>(size)) + 1) / 2);
      }
      BitMask mask(t.layout);
      const int64_t keep = select_by_rule(select_on_cpu(t.values.data()), t.layout.tensors(), ratio, kPruneGlobal, mask);
      EXPECT_EQ(keep, keep_count(640 + 64 + 200 + 31, ratio));
      const std::vector<bool> expected = mask_with_floors(t, floors, keep);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(mask.get(static_cast<int64_t>(i)), expected[i]) << i << " ratio " << ratio;
      }
    }
  }
}

TEST(Rule, PlainCanEmptyATensorAndGlobalDoesNot) {
  Tensors t({640, 64});
  for (const Tensor& tensor : t.layout.tensors()) {
    std::fill_n(&t.values[static_cast<std::size_t>(tensor.offset)], tensor.size, tensor.size == 64 ? 0.1F : 1.0F);
  }
  BitMask mask(t.layout);
  EXPECT_EQ(select_by_rule(select_on_cpu(t.values.data()), t.layout.tensors(), 0.8, kPrunePlain, mask), 141);
  EXPECT_EQ(mask.count(t.layout.tensors()[1]), 0);
  EXPECT_EQ(select_by_rule(select_on_cpu(t.values.data()), t.layout.tensors(), 0.8, kPruneGlobal, mask), 141);
  EXPECT_EQ(mask.count(t.layout.tensors()[1]), 7);  // half of round(0.2 * 64) = 13
  EXPECT_EQ(mask.count(t.layout.tensors()[0]), 134);
}

// A head of two weights, without which the network is a constant.
TEST(Rule, GlobalKeepsOneOfTheSmallestTensor) {
  for (const int64_t size : {int64_t{1}, int64_t{2}, int64_t{4}}) {
    Tensors t({640, size});
    for (const Tensor& tensor : t.layout.tensors()) {
      std::fill_n(&t.values[static_cast<std::size_t>(tensor.offset)], tensor.size, tensor.size == size ? 0.1F : 1.0F);
    }
    BitMask mask(t.layout);
    select_by_rule(select_on_cpu(t.values.data()), t.layout.tensors(), 0.9, kPruneGlobal, mask);
    EXPECT_EQ(mask.count(t.layout.tensors()[1]), 1) << size;
  }
}

TEST(Rule, WhereKIsTooSmallForTheFloorsEachIsOneAndThenNone) {
  Tensors t({3, 2, 2});  // at ratio 0.6: K = 3, floors 1, 1, 1; at 0.8: K = 1
  float next = 10.0F;
  t.fill([&] { return next -= 1.0F; });
  BitMask mask(t.layout);
  EXPECT_EQ(select_by_rule(select_on_cpu(t.values.data()), t.layout.tensors(), 0.6, kPruneGlobal, mask), 3);
  for (const Tensor& tensor : t.layout.tensors()) {
    EXPECT_EQ(mask.count(tensor), 1);
  }
  EXPECT_EQ(select_by_rule(select_on_cpu(t.values.data()), t.layout.tensors(), 0.8, kPruneGlobal, mask), 1);
  EXPECT_TRUE(mask.get(0));
}

TEST(Select, CountsRoundHalvesAwayFromZero) {
  EXPECT_EQ(keep_count(10, 0.25), 8);  // 7.5
  EXPECT_EQ(keep_count(10, 0.75), 3);  // 2.5
  EXPECT_EQ(keep_count(33'000, 0.8), 6'600);
  EXPECT_EQ(keep_count(1, 0.8), 0);
}

TEST(SelectLargest, ThreadsGiveTheSameMask) {
  Tensors t({700'001, 3, 64, 1'000'000});
  std::mt19937 random(9);
  std::normal_distribution<float> normal;
  t.fill([&] { return std::round(4.0F * normal(random)); });  // many equals, which the first of get in
  for (const int64_t keep : {int64_t{1}, int64_t{170'000}, int64_t{340'007}, int64_t{1'700'067}}) {
    BitMask one(t.layout);
    select_largest(t.values.data(), t.layout.tensors(), keep, one);
    for (const int threads : {2, 3, 5}) {
      BitMask several(t.layout);
      select_largest(t.values.data(), t.layout.tensors(), keep, several, threads);
      for (int64_t w = 0; w < t.layout.extent() / kWordBits; ++w) {
        ASSERT_EQ(several.word(w), one.word(w)) << keep << ' ' << threads << ' ' << w;
      }
    }
  }
  // The first that is not finite is named, whichever thread finds which.
  t.values[100] = std::numeric_limits<float>::infinity();
  t.values[static_cast<std::size_t>(t.layout.extent() - 100)] = std::numeric_limits<float>::infinity();
  for (const int threads : {1, 4}) {
    BitMask mask(t.layout);
    try {
      select_largest(t.values.data(), t.layout.tensors(), 5, mask, threads);
      FAIL();
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("t0[100]"), std::string::npos) << e.what();
    }
  }
}

}  // namespace
}  // namespace pacnet
