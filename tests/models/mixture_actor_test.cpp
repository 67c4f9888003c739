#include "onramp/models/mixture_actor.h"

#include <torch/types.h>

#include <cmath>
#include <tuple>

#include "model_testing.h"
#include "onramp/nn/state.h"

namespace onramp {
namespace {

using namespace onramp::test;

std::shared_ptr<MixtureActor> make(const MixtureConfig& mixture = {}, const MlpConfig& mlp = {.hidden = {8}}) {
  auto generator = generator_of(1);
  auto encoder = std::make_shared<ObservationEncoder>(state_only(3), Normalizer(), nullptr, false);
  return std::make_shared<MixtureActor>(encoder, /*action_dim=*/2, ActorConfig{.mlp = mlp}, mixture, generator);
}

TEST(MixtureActor, HasItsShapesAndActsInsideTheBox) {
  const auto actor = make();
  const Observation obs{{"state", 100 * normals({50, 3}, 1)}};
  const auto pi = actor->distribution(obs);
  EXPECT_EQ(pi.mean.sizes(), (std::vector<int64_t>{50, 5, 2}));
  EXPECT_EQ(pi.log_std.sizes(), (std::vector<int64_t>{50, 5, 2}));
  EXPECT_TRUE(at::allclose(pi.log_weight.exp().sum(-1), at::ones({50})));
  const auto sampled = actor->sample(obs, 3 * normals({7, 50, actor->noise_dim()}, 2));
  EXPECT_EQ(sampled.sizes(), (std::vector<int64_t>{7, 50, 2}));
  EXPECT_LE(sampled.abs().max().item<float>(), 1.0F);
  EXPECT_EQ(actor->mode(obs).sizes(), (std::vector<int64_t>{50, 2}));
  EXPECT_EQ(count_parameters(*actor), 3 * 8 + 8 + 8 * 25 + 25);
}

// Without hidden layers and with weights of zero, what comes out follows from the bias alone: two components, one dimension
// each way. softplus(log(e - 1)) = 1.
TEST(MixtureActor, ReadsItsOutputsInTheirOrder) {
  const auto actor = make({.components = 2, .min_std = 0.5}, {.hidden = {}});
  const auto one = static_cast<float>(std::log(std::exp(1.0) - 1));
  {
    const at::NoGradGuard no_gradient;
    for (auto& item : actor->named_parameters()) {
      if (item.key() == "mlp.weight_out") item.value().zero_();
      if (item.key() == "mlp.bias_out") {
        item.value().copy_(at::tensor({0.0F, std::log(3.0F), 0.1F, 0.2F, 0.3F, 0.4F, one, one, one, one}));
      }
    }
  }
  const auto pi = actor->distribution({{"state", at::zeros({1, 3})}});
  EXPECT_TRUE(at::allclose(pi.log_weight.exp(), rows({{0.25, 0.75}})));
  EXPECT_TRUE(at::allclose(pi.mean, rows({{0.1F, 0.2F}, {0.3F, 0.4F}}).tanh().unsqueeze(0)));
  EXPECT_TRUE(at::allclose(pi.log_std, at::full({1, 2, 2}, std::log(1.5F)), 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(pi.mode(), rows({{0.3F, 0.4F}}).tanh()));
}

// Without hidden layers and at s = 0 what comes out is the bias: five means in the middles of fifths of [-1, 1].
TEST(MixtureActor, ItsComponentsBeginApartInEveryDimension) {
  const auto actor = make({}, {.hidden = {}});
  const auto mean = actor->distribution({{"state", at::zeros({1, 3})}}).mean.squeeze(0);  // [5, 2]
  const auto want = at::tensor({-0.8F, -0.4F, 0.0F, 0.4F, 0.8F}).unsqueeze(1).expand({5, 2});
  EXPECT_TRUE(at::allclose(std::get<0>(mean.sort(0)), want, 1e-5, 1e-6)) << mean;
}

TEST(MixtureActor, LowNoiseHoldsForActionAndDensityAndNotForTheFit) {
  const auto actor = make({.low_noise = true}), plain = make();
  copy_module(*actor, *plain);
  const Observation obs{{"state", normals({4, 3}, 1)}};
  const auto noise = normals({4, 3}, 2);
  const auto pi = actor->distribution(obs);
  EXPECT_NEAR(pi.log_std.max().item<double>(), std::log(1e-4), 1e-5);
  const auto action = actor->sample(obs, noise);
  const auto means = (action.unsqueeze(1) - pi.mean).abs().amax(-1).amin(-1);  // to the nearest component's
  EXPECT_LT(means.max().item<double>(), 1e-3);
  expect_equal(actor->log_likelihood(obs, action), plain->log_likelihood(obs, action));
}

TEST(MixtureActor, ACopyDoesNotFollowTheOriginal) {
  const auto actor = make();
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

TEST(SquashedGaussianActor, ItsLikelihoodClipsSaturatedActions) {
  auto generator = generator_of(1);
  const auto actor =
      make_actor(ActorType::kSquashedGaussian,
                 std::make_shared<ObservationEncoder>(state_only(3), Normalizer(), nullptr, false), 2, {}, generator);
  const Observation obs{{"state", normals({1, 3}, 1)}};
  expect_equal(actor->log_likelihood(obs, rows({{1, -1}})), actor->log_likelihood(obs, rows({{0.99F, -0.99F}})));
}

}  // namespace
}  // namespace onramp
