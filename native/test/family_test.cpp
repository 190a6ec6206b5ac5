// Networks that are made of others, and Fisher information, against PyTorch in Python (tests/fixtures/make_family_fixtures.py).

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "fixture.h"
#include "pacnet/pacnet.h"
#include "scopes.h"

namespace pacnet {
namespace {

using namespace test;  // NOLINT: the helpers of this very file's subject

constexpr double kFamilyTolerance = 1e-5;

class FamilyFixture : public testing::TestWithParam<const char*> {};

TEST_P(FamilyFixture, PredictsAndLearnsAsPyTorchDoes) {
  const Fixture f(GetParam());
  for (const int threads : {1, 2}) {
    Network network(f.text("network").c_str());
    set_parameters(network, f.tensor("initial"));
    std::vector<float> predicted(f.tensor("predicted").size());
    network.predict(f.tensor("x").data(), count(f.tensor("x")), count(f.tensor("x")) / network.inputs(), predicted.data(), count(predicted),
                    threads);
    EXPECT_LT(relative_difference(predicted, f.tensor("predicted")), kFamilyTolerance);
    PhaseScope all(network);
    FitOptions options = options_of(f);
    options.threads = threads;
    options.weighted = f.number("weighted") != 0;
    const double loss = fit(network, options, all, f.tensor("x"), f.tensor("y"));
    EXPECT_NEAR(loss, f.number("trained_loss"), kFamilyTolerance * f.number("trained_loss"));
    EXPECT_LT(relative_difference(parameters_of(network), f.tensor("trained")), kFamilyTolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, FamilyFixture,
                         testing::Values("family_hub", "family_hub_top", "family_taught", "family_taught_classes"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(Fisher, IsPyTorchs) {
  for (const char* name : {"family_fisher", "family_fisher_classes"}) {
    const Fixture f(name);
    Network network(f.text("network").c_str());
    set_parameters(network, f.tensor("parameters"));
    std::vector<float> fisher(f.tensor("fisher").size());
    const std::vector<float>& x = f.tensor("x");
    network.fisher(x.data(), count(x), count(x) / network.inputs(), f.number("classes") != 0, fisher.data(), count(fisher), 2);
    EXPECT_LT(relative_difference(fisher, f.tensor("fisher")), kFamilyTolerance) << name;
  }
}

// A hub whose router is far on one member's side is that member; of images too.
TEST(Hub, IsTheMemberThatItsRouterTakes) {
  for (const std::string kind : {"mlp sizes=12,5,3", "cnn image=3,2,2 outputs=3 widths=4"}) {
    Network hub(("hub members=3 top=1 of " + kind).c_str());
    Network member(kind.c_str());
    hub.initialize(5);
    std::vector<float> parameters = parameters_of(hub);
    const std::size_t own = parameters_of(member).size();
    parameters[parameters.size() - 2] = 1.0F;  // the second's bias
    set_parameters(hub, parameters);
    set_parameters(member, {parameters.begin() + static_cast<std::ptrdiff_t>(own), parameters.begin() + static_cast<std::ptrdiff_t>(2 * own)});
    std::vector<float> x(12 * 7);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = std::sin(static_cast<float>(i));
    }
    std::vector<float> a(21);
    std::vector<float> b(21);
    hub.predict(x.data(), count(x), 7, a.data(), count(a), 1);
    member.predict(x.data(), count(x), 7, b.data(), count(b), 1);
    EXPECT_LT(relative_difference(a, b), 1e-6) << kind;
  }
}

// Which of the members is taken in a step is drawn: the same by the same seed, whatever the threads.
TEST(Hub, DrawsItsNoiseFromTheSeed) {
  const Fixture f("family_hub_top");
  const auto trained = [&](uint64_t seed, int threads) {
    Network network("hub members=4 top=2 noise=1 of mlp sizes=6,8,4 activation=tanh");
    set_parameters(network, f.tensor("initial"));
    PhaseScope all(network);
    FitOptions options = options_of(f);
    options.seed = seed;
    options.threads = threads;
    options.weighted = true;
    fit(network, options, all, f.tensor("x"), f.tensor("y"));
    return parameters_of(network);
  };
  EXPECT_EQ(trained(1, 1), trained(1, 1));
  EXPECT_EQ(trained(1, 2), trained(1, 2));
  EXPECT_LT(relative_difference(trained(1, 1), trained(1, 2)), 1e-5);
  EXPECT_GT(relative_difference(trained(1, 1), trained(2, 1)), 1e-4);
}

TEST(Families, RefuseWhatTheyCannotBe) {
  for (const char* description :
       {"hub members=1 of mlp sizes=2,1", "hub members=2", "hub members=2 top=3 of mlp sizes=2,1", "taught teachers=0 of mlp sizes=2,1",
        "taught teachers=1 least=2 of mlp sizes=2,1", "mlp sizes=2,1 of mlp sizes=2,1", "hub members=2 of nothing", "hub members=1001 of mlp sizes=2,1",
        "hub members=2 explore=-1 of mlp sizes=2,1"}) {
    EXPECT_THROW(Network network(description), std::exception) << description;
    EXPECT_EQ(last_error_kind(), kErrorInvalidArgument) << description;
  }
}

}  // namespace
}  // namespace pacnet
