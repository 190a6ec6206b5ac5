#include "nn/describe.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <sstream>
#include <vector>

#include "core/error.h"
#include "nn/mlp.h"

namespace pacnet {

namespace {

// Single products and buffers stay far below what int and size_t hold.
constexpr int64_t kLargestWidth = 1 << 20;

// The settings behind the kind. Each is taken once; what is left over is unknown.
class Settings {
 public:
  explicit Settings(std::istringstream& words) {
    std::string word;
    while (words >> word) {
      const std::size_t equals = word.find('=');
      require(equals != std::string::npos, "'" + word + "' is no setting of a network, NAME=VALUE");
      require(values_.emplace(word.substr(0, equals), word.substr(equals + 1)).second,
              "the setting " + word.substr(0, equals) + " is there twice");
    }
  }

  std::string take(const std::string& name, const std::string& otherwise) {
    const auto found = values_.find(name);
    if (found == values_.end()) {
      return otherwise;
    }
    std::string value = found->second;
    values_.erase(found);
    return value;
  }

  template <typename T>
  T number(const std::string& name, const std::string& otherwise) {
    return parse<T>(name, take(name, otherwise));
  }

  std::vector<int64_t> numbers(const std::string& name, const std::string& otherwise) {
    std::vector<int64_t> list;
    std::istringstream text(take(name, otherwise));
    std::string item;
    while (std::getline(text, item, ',')) {
      list.push_back(parse<int64_t>(name, item));
    }
    return list;
  }

  void check_all_taken() const {
    require(values_.empty(), "unknown setting of a network: " + (values_.empty() ? "" : values_.begin()->first));
  }

 private:
  template <typename T>
  static T parse(const std::string& name, const std::string& text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    require(error == std::errc() && end == text.data() + text.size(), name + "=" + text + " is not a number");
    return value;
  }

  std::map<std::string, std::string> values_;
};

Activation activation_of(const std::string& name) {
  constexpr std::array<const char*, 5> kNames = {"relu", "tanh", "sigmoid", "gelu", "silu"};
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  require(found != kNames.end(), "unknown activation " + name);
  return static_cast<Activation>(found - kNames.begin());
}

void check_width(int64_t width) {
  require(width > 0 && width <= kLargestWidth, "layer width " + std::to_string(width) + " is not between 1 and " +
                                                   std::to_string(kLargestWidth));
}

std::unique_ptr<Net> make_mlp(Settings& settings) {
  std::vector<int64_t> sizes = settings.numbers("sizes", "");
  require(sizes.size() >= 2, "a perceptron needs an input and an output width");
  std::for_each(sizes.begin(), sizes.end(), check_width);
  const Activation activation = activation_of(settings.take("activation", "relu"));
  const auto dropout = settings.number<double>("dropout", "0");
  require(dropout >= 0 && dropout < 1, "dropout must be in [0, 1), not " + std::to_string(dropout));
  return std::make_unique<Mlp>(std::move(sizes), activation, dropout);
}

}  // namespace

std::unique_ptr<Net> make_net(const std::string& description) {
  std::istringstream words(description);
  std::string kind;
  words >> kind;
  Settings settings(words);
  require(kind == "mlp", "unknown kind of network '" + kind + "'");
  std::unique_ptr<Net> net = make_mlp(settings);
  settings.check_all_taken();
  return net;
}

}  // namespace pacnet
