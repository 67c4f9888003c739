#include "onramp/models/actors.h"

#include <torch/types.h>

#include <cmath>

#include "model_testing.h"
#include "onramp/base/error.h"
#include "onramp/nn/state.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

std::shared_ptr<Actor> make(ActorType type, const ActorConfig& config = {}) {
  auto generator = generator_of(1);
  return make_actor(type, std::make_shared<ObservationEncoder>(state_only(3), Normalizer(), nullptr, false),
                    /*action_dim=*/2, config, generator);
}

class EachActor : public ::testing::TestWithParam<ActorType> {};
INSTANTIATE_TEST_SUITE_P(Types, EachActor, ::testing::Values(ActorType::kDeterministic, ActorType::kSquashedGaussian));

TEST_P(EachActor, ActsInsideTheBox) {
  const auto actor = make(GetParam());
  const Observation obs{{"state", 100 * normals({50, 3}, 1)}};
  const auto mode = actor->mode(obs);
  EXPECT_EQ(mode.sizes(), (std::vector<int64_t>{50, 2}));
  EXPECT_LE(mode.abs().max().item<float>(), 1.0F);
  EXPECT_EQ(actor->sample(obs, normals({7, 50, 2}, 2)).sizes(), (std::vector<int64_t>{7, 50, 2}));
}

TEST_P(EachActor, ACopyDoesNotFollowTheOriginal) {
  const auto actor = make(GetParam());
  const Observation obs{{"state", normals({4, 3}, 1)}};
  const auto copy = actor->copy();
  const auto before = actor->mode(obs);
  expect_equal(copy->mode(obs), before);
  {
    at::NoGradGuard no_gradient;
    for (auto& parameter : actor->parameters()) parameter.add_(0.1);
  }
  EXPECT_FALSE(at::equal(actor->mode(obs), before));
  expect_equal(copy->mode(obs), before);
}

TEST_P(EachActor, HasItsParameters) {
  const int64_t outputs = GetParam() == ActorType::kDeterministic ? 2 : 4;
  EXPECT_EQ(count_parameters(*make(GetParam())), 3 * 64 + 64 + 64 * 64 + 64 + 64 * outputs + outputs);
}

TEST(DeterministicActor, SamplesItsMode) {
  const auto actor = make(ActorType::kDeterministic);
  const Observation obs{{"state", normals({4, 3}, 1)}};
  expect_equal(actor->sample(obs, normals({4, 2}, 2)), actor->mode(obs));
}

TEST(SquashedGaussianActor, LogStdStaysInsideItsBounds) {
  const auto actor = make(ActorType::kSquashedGaussian, {.log_std_min = -3, .log_std_max = -1});
  const auto log_std =
      dynamic_cast<SquashedGaussianActor&>(*actor).distribution({{"state", 1e4 * normals({99, 3}, 1)}}).log_std;
  EXPECT_GE(log_std.min().item<float>(), -3.0F);
  EXPECT_LE(log_std.max().item<float>(), -1.0F);
  EXPECT_GT((log_std.max() - log_std.min()).item<float>(), 0.1F);  // it is learned
}

TEST(SquashedGaussianActor, WithoutNoiseItActsItsMode) {
  const auto actor = make(ActorType::kSquashedGaussian);
  const Observation obs{{"state", normals({4, 3}, 1)}};
  expect_equal(actor->sample(obs, at::zeros({4, 2})), actor->mode(obs));
}

TEST(ActorConfig, RefusesEmptyBounds) {
  expect_throws<ConfigError>([] { ActorConfig{.log_std_min = 1, .log_std_max = 1}.validate(); }, "log_std_min = 1");
}

}  // namespace
}  // namespace onramp
