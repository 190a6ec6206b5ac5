#include "nn/describe.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "nn/cnn.h"
#include "nn/hub_net.h"
#include "nn/latent_net.h"
#include "nn/mlp.h"
#include "nn/neural_ode.h"
#include "nn/pinn.h"
#include "nn/resnet.h"
#include "nn/script_net.h"
#include "nn/taught_net.h"

namespace pacnet {

namespace {

// Single products and buffers stay far below what int and size_t hold.
constexpr int64_t kLargestWidth = 1 << 20;
constexpr int64_t kLargestChannels = 1 << 13;
constexpr int64_t kLargestImage = 1 << 12;
constexpr int64_t kMostSubsteps = 1000;
constexpr double kLeastTolerance = 1e-6;
constexpr double kMostWeight = 1e6;
constexpr int64_t kMostMembers = 1000;

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

void check_channels(int64_t channels) {
  require(channels > 0 && channels <= kLargestChannels,
          std::to_string(channels) + " channels are not between 1 and " + std::to_string(kLargestChannels));
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

// Channels, height and width of the images that go in.
std::array<int64_t, 3> image_of(Settings& settings) {
  const std::vector<int64_t> image = settings.numbers("image", "");
  require(image.size() == 3, "a network for images needs image=CHANNELS,HEIGHT,WIDTH");
  for (const int64_t size : image) {
    require(size > 0 && size <= kLargestImage, "an image of " + std::to_string(size) + " pixels or channels is not " +
                                                   "between 1 and " + std::to_string(kLargestImage));
  }
  return {image[0], image[1], image[2]};
}

int64_t outputs_of(Settings& settings) {
  const auto outputs = settings.number<int64_t>("outputs", "0");
  check_width(outputs);
  return outputs;
}

std::unique_ptr<Net> make_cnn(Settings& settings) {
  const auto [channels, height, width] = image_of(settings);
  const int64_t outputs = outputs_of(settings);
  const std::vector<int64_t> widths = settings.numbers("widths", "16,32,64");
  std::for_each(widths.begin(), widths.end(), check_channels);
  return std::make_unique<Cnn>(channels, height, width, outputs, widths);
}

std::unique_ptr<Net> make_resnet18(Settings& settings) {
  const auto [channels, height, width] = image_of(settings);
  const int64_t outputs = outputs_of(settings);
  const auto base = settings.number<int64_t>("base", "64");
  check_channels(base);
  return std::make_unique<ResNet18>(channels, height, width, outputs, base);
}

int64_t actions_of(Settings& settings, int64_t steps) {
  const auto actions = settings.number<int64_t>("actions", "0");
  require(actions >= 0 && actions <= kLargestWidth && (actions + 1) * steps <= kLargestWidth, "there are too many actions, or fewer than none");
  return actions;
}

std::unique_ptr<Net> make_ode(Settings& settings) {
  const auto states = settings.number<int64_t>("states", "0");
  check_width(states);
  const auto steps = settings.number<int64_t>("steps", "1");
  check_width(steps);
  check_width(steps * states);
  const int64_t actions = actions_of(settings, steps);
  const std::vector<int64_t> hidden = settings.numbers("hidden", "");
  std::for_each(hidden.begin(), hidden.end(), check_width);
  const Activation activation = activation_of(settings.take("activation", "tanh"));
  NeuralOde::Solver solver;
  solver.substeps = settings.number<int64_t>("substeps", "1");
  require(solver.substeps > 0 && solver.substeps <= kMostSubsteps,
          "substeps must be between 1 and " + std::to_string(kMostSubsteps));
  solver.tolerance = settings.number<double>("tolerance", "0");
  require(solver.tolerance == 0 || (solver.tolerance >= kLeastTolerance && solver.tolerance < 1),
          "the tolerance must be 0, or at least 1e-6 and below 1: single precision has no more");
  require(solver.tolerance == 0 || solver.substeps == 1, "substeps are for a solver without a tolerance");
  solver.implicit = settings.number<int>("implicit", "0") != 0;
  const bool time = settings.number<int>("time", "0") != 0;
  return std::make_unique<NeuralOde>(states, actions, steps, time, hidden, activation, solver);
}

double share_of_one(Settings& settings, const std::string& name, const std::string& usual) {
  const auto share = settings.number<double>(name, usual);
  require(share >= 0 && share <= 1, name + " must be between 0 and 1");
  return share;
}

std::unique_ptr<Net> make_latent(Settings& settings) {
  LatentNet::Shape shape{};
  shape.states = settings.number<int64_t>("states", "0");
  shape.labels = settings.number<int64_t>("labels", std::to_string(shape.states));
  shape.steps = settings.number<int64_t>("steps", "1");
  shape.latent = settings.number<int64_t>("latent", "32");
  for (const int64_t width : {shape.states, shape.labels, shape.steps, shape.latent}) {
    check_width(width);
  }
  require(shape.labels >= shape.states, "the states must be among the labels");
  check_width(shape.steps * shape.labels);
  shape.actions = actions_of(settings, shape.steps);
  shape.hidden = settings.numbers("hidden", "");
  std::for_each(shape.hidden.begin(), shape.hidden.end(), check_width);
  shape.activation = activation_of(settings.take("activation", "silu"));
  const double discount = share_of_one(settings, "discount", "0.9");
  require(discount > 0, "the discount must be above 0");
  const auto consistency = settings.number<double>("consistency", "1");
  require(consistency >= 0 && consistency <= kMostWeight, "consistency must be between 0 and a million");
  return std::make_unique<LatentNet>(shape, LatentNet::Loss{discount, consistency, share_of_one(settings, "follow", "0.005")});
}

std::unique_ptr<Net> make_pinn(Settings& settings) {
  Residual residual(settings.take("equation", ""));
  const std::vector<int64_t> hidden = settings.numbers("hidden", "64,64,64,64");
  std::for_each(hidden.begin(), hidden.end(), check_width);
  const std::vector<int64_t> places = settings.numbers("columns", "0,1,2,3");
  constexpr std::array<int64_t, 4> kPlaces = {0, 1, 2, 3};
  require(std::is_permutation(places.begin(), places.end(), kPlaces.begin(), kPlaces.end()),
          "columns must be 0, 1, 2 and 3 in some order");
  const auto weight = settings.number<double>("weight", "1");
  require(weight > 0 && weight <= kMostWeight, "the weight must be above 0, and at most a million");
  return std::make_unique<Pinn>(std::move(residual), hidden,
                                std::array<int64_t, 4>{places[0], places[1], places[2], places[3]}, weight);
}

std::unique_ptr<Net> make_script(Settings& settings, std::shared_ptr<const Script> script) {
  require(script != nullptr, "a torchscript needs its module");
  const auto inputs = settings.number<int64_t>("inputs", "0");
  std::vector<int64_t> row{inputs};
  if (inputs == 0) {
    const auto image = image_of(settings);
    row.assign(image.begin(), image.end());
  } else {
    check_width(inputs);
  }
  const int64_t outputs = outputs_of(settings);
  return std::make_unique<ScriptNet>(std::move(script), std::move(row), outputs, settings.take("head", ""));
}

int64_t members_of(Settings& settings, const std::string& name, int64_t fewest) {
  const auto members = settings.number<int64_t>(name, "0");
  require(members >= fewest && members <= kMostMembers,
          name + " must be between " + std::to_string(fewest) + " and " + std::to_string(kMostMembers));
  return members;
}

double strength_of(Settings& settings, const std::string& name) {
  const auto strength = settings.number<double>(name, "0");
  require(strength >= 0 && strength <= kMostWeight, name + " must be between 0 and a million");
  return strength;
}

std::unique_ptr<Net> make_hub(Settings& settings, std::unique_ptr<Net> kind) {
  const int64_t members = members_of(settings, "members", 2);
  const auto top = settings.number<int64_t>("top", std::to_string(members));
  require(top > 0 && top <= members, "top must be between 1 and the number of members");
  const double explore = strength_of(settings, "explore");
  const double noise = strength_of(settings, "noise");
  return std::make_unique<HubNet>(std::move(kind), members, top, explore, noise);
}

std::unique_ptr<Net> make_taught(Settings& settings, std::unique_ptr<Net> kind) {
  const int64_t teachers = members_of(settings, "teachers", 1);
  const double strength = strength_of(settings, "strength");
  const auto least = settings.number<double>("least", "0");
  require(least >= 0 && least <= 1, "least must be between 0 and 1");
  return std::make_unique<TaughtNet>(std::move(kind), teachers, strength, least);
}

}  // namespace

std::unique_ptr<Net> make_net(const std::string& description, std::shared_ptr<const Script> script) {
  constexpr std::string_view kOf = " of ";
  const std::size_t of = description.find(kOf);
  std::istringstream words(description.substr(0, of));
  std::string kind;
  words >> kind;
  Settings settings(words);
  std::unique_ptr<Net> inner = of == std::string::npos ? nullptr : make_net(description.substr(of + kOf.size()), std::move(script));
  const bool family = kind == "hub" || kind == "taught";
  require(family == (inner != nullptr), family ? kind + " is of a network: name it" : kind + " is of nothing");
  std::unique_ptr<Net> net;
  if (kind == "hub") {
    net = make_hub(settings, std::move(inner));
  } else if (kind == "taught") {
    net = make_taught(settings, std::move(inner));
  } else if (kind == "mlp") {
    net = make_mlp(settings);
  } else if (kind == "cnn") {
    net = make_cnn(settings);
  } else if (kind == "resnet18") {
    net = make_resnet18(settings);
  } else if (kind == "ode") {
    net = make_ode(settings);
  } else if (kind == "latent") {
    net = make_latent(settings);
  } else if (kind == "pinn") {
    net = make_pinn(settings);
  } else if (kind == "torchscript") {
    net = make_script(settings, std::move(script));
  } else {
    throw Error(kErrorInvalidArgument, "unknown kind of network '" + kind + "'");
  }
  settings.check_all_taken();
  return net;
}

}  // namespace pacnet
