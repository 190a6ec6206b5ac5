#include "train/rows.h"

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "core/error.h"

namespace pacnet {

namespace {

static_assert(sizeof(uint32_t) == sizeof(int32_t));  // row numbers are below 2^31 and mean the same as both

void check_weight(float weight, int64_t row) {
  require(weight >= 0 && std::isfinite(weight), "row " + std::to_string(row + 1) + ": its weight " + std::to_string(weight) +
                                                    " is not zero or positive");
}

void check_class(float label, int64_t row, int64_t classes) {
  const bool valid = label >= 0 && label < static_cast<float>(classes) && label == std::floor(label);
  require(valid, "row " + std::to_string(row + 1) + ": class index " + std::to_string(label) + " is not one of 0 to " +
                     std::to_string(classes - 1));
}

class RowsInMemory final : public Rows {
 public:
  RowsInMemory(const float* x, const float* y, int64_t count, int64_t inputs, int64_t labels)
      : x_(x),
        y_(y),
        count_(count),
        inputs_(static_cast<std::size_t>(inputs)),
        labels_(static_cast<std::size_t>(labels)) {}

  int64_t count() const noexcept override { return count_; }
  const float* x() const noexcept override { return x_; }
  const float* y() const noexcept override { return y_; }
  void begin(int64_t, std::span<const uint32_t>, int64_t) override {}
  void next(std::span<const uint32_t> rows) override { rows_ = rows; }
  void load(int64_t begin, int64_t end, float* x, float* y) const override {
    for (auto r = static_cast<std::size_t>(begin); r < static_cast<std::size_t>(end); ++r) {
      const std::size_t from = rows_[r];
      std::memcpy(x + r * inputs_, x_ + from * inputs_, inputs_ * sizeof(float));
      std::memcpy(y + r * labels_, y_ + from * labels_, labels_ * sizeof(float));
    }
  }

 private:
  const float* x_;
  const float* y_;
  int64_t count_;
  std::size_t inputs_;
  std::size_t labels_;
  std::span<const uint32_t> rows_;
};

class RowsPulled final : public Rows {
 public:
  RowsPulled(BatchSource& source, int64_t count, const Net& net, const LossSpec& loss)
      : source_(source),
        count_(count),
        classes_(loss.kind == kCrossEntropy ? loss.classes : 0),
        weighted_(loss.weighted),
        inputs_(static_cast<std::size_t>(net.inputs())),
        labels_(static_cast<std::size_t>(label_width(loss, net))) {}

  int64_t count() const noexcept override { return count_; }

  void begin(int64_t epoch, std::span<const uint32_t> order, int64_t batch) override {
    x_.resize(static_cast<std::size_t>(batch) * inputs_);
    y_.resize(static_cast<std::size_t>(batch) * labels_);
    check(source_.begin(epoch, reinterpret_cast<const int32_t*>(order.data()), static_cast<int64_t>(order.size()),
                        batch));
  }

  void next(std::span<const uint32_t> rows) override {
    check(source_.next(static_cast<int64_t>(rows.size()), x_.data(), y_.data()));
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (classes_ > 0) {
        check_class(y_[r * labels_], rows[r], classes_);
      }
      if (weighted_) {
        check_weight(y_[(r + 1) * labels_ - 1], rows[r]);
      }
    }
  }

  void load(int64_t begin, int64_t end, float* x, float* y) const override {
    const auto first = static_cast<std::size_t>(begin);
    const auto rows = static_cast<std::size_t>(end - begin);
    std::memcpy(x + first * inputs_, x_.data() + first * inputs_, rows * inputs_ * sizeof(float));
    std::memcpy(y + first * labels_, y_.data() + first * labels_, rows * labels_ * sizeof(float));
  }

 private:
  static void check(bool given) {
    if (!given) {
      throw Error(kErrorRows, "the rows can't be read");
    }
  }

  BatchSource& source_;
  int64_t count_;
  int64_t classes_;  ///< 0: labels are no classes
  bool weighted_;
  std::size_t inputs_;
  std::size_t labels_;
  std::vector<float> x_;
  std::vector<float> y_;
};

}  // namespace

std::unique_ptr<Rows> rows_in_memory(const float* x, const float* y, int64_t count, const Net& net,
                                     const LossSpec& loss) {
  const int64_t labels = label_width(loss, net);
  for (int64_t r = 0; r < count; ++r) {
    if (loss.kind == kCrossEntropy) {
      check_class(y[r * labels], r, loss.classes);
    }
    if (loss.weighted) {
      check_weight(y[(r + 1) * labels - 1], r);
    }
  }
  return std::make_unique<RowsInMemory>(x, y, count, net.inputs(), labels);
}

std::unique_ptr<Rows> rows_pulled(BatchSource& source, int64_t count, const Net& net, const LossSpec& loss) {
  return std::make_unique<RowsPulled>(source, count, net, loss);
}

}  // namespace pacnet
