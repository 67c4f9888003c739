#include "onramp/models/recurrent_actor.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <cmath>

#include "model_testing.h"
#include "onramp/base/error.h"
#include "onramp/losses/bc.h"
#include "onramp/nn/state.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

std::shared_ptr<RecurrentMixtureActor> make(const RecurrentConfig& config = {.units = 6},
                                            const MixtureConfig& mixture = {.components = 3}, int64_t state_dim = 3) {
  auto generator = generator_of(1);
  auto encoder = std::make_shared<ObservationEncoder>(state_only(state_dim), Normalizer(), nullptr, false);
  return std::make_shared<RecurrentMixtureActor>(encoder, /*action_dim=*/2, config, mixture, generator);
}

/// Steps 0 .. T-1 of B episodes, [B, T, ...] -> the observation of step t.
Observation at_step(const at::Tensor& states, int64_t t) { return {{"state", states.select(1, t)}}; }

TEST(RecurrentMixtureActor, HasTheSizeOfRobomimics) {
  const auto actor = make({}, {});
  // LSTM of 400 units in two layers, then 5 components of 2 dimensions: 5 (2 * 2 + 1) outputs.
  EXPECT_EQ(count_parameters(*actor), 1600 * (3 + 400 + 2) + 1600 * (400 + 400 + 2) + 400 * 25 + 25);
  auto state = actor->initial_state(4);
  const auto pi = actor->step({{"state", normals({4, 3}, 1)}}, state);
  EXPECT_EQ(pi.mean.sizes(), (std::vector<int64_t>{4, 5, 2}));
  EXPECT_EQ(pi.log_std.sizes(), (std::vector<int64_t>{4, 5, 2}));
  EXPECT_TRUE(at::allclose(pi.log_weight.exp().sum(-1), at::ones({4})));
}

// What it learns by and what it acts by is one distribution, as far as the horizon reaches.
TEST(RecurrentMixtureActor, StepByStepIsTheSequence) {
  const auto actor = make();
  const auto states = normals({5, 8, 3}, 1);
  const auto action = uniforms({5, 8, 2}, 2);
  const auto whole = actor->log_likelihood({{"state", states.flatten(0, 1)}}, action);
  EXPECT_EQ(whole.sizes(), (std::vector<int64_t>{5, 8}));
  auto state = actor->initial_state(5);
  for (int64_t t = 0; t < 8; ++t) {
    const auto pi = actor->step(at_step(states, t), state);
    EXPECT_TRUE(at::allclose(pi.log_prob(action.select(1, t)), whole.select(1, t), 1e-4, 1e-4)) << t;
  }
}

// The same state seen again leads elsewhere: what came before counts. Without the recurrent weights it would not.
TEST(RecurrentMixtureActor, WhatCameBeforeCounts) {
  const auto actor = make();
  const auto now = normals({1, 3}, 1);
  auto one = actor->initial_state(1), other = actor->initial_state(1);
  actor->step({{"state", normals({1, 3}, 2)}}, one);
  actor->step({{"state", normals({1, 3}, 3)}}, other);
  const auto means = [&](RecurrentState& state) { return actor->step({{"state", now}}, state).mean; };
  EXPECT_GT((means(one) - means(other)).abs().max().item<double>(), 1e-4);
}

// Horizon 3: steps 3 and 6 begin with nothing remembered, each row counting its own.
TEST(RecurrentMixtureActor, EachRowForgetsWhenItsTimeHasCome) {
  const auto actor = make({.units = 6, .horizon = 3});
  const auto never = make({.units = 6, .horizon = 0});
  copy_module(*never, *actor);
  const auto states = normals({2, 8, 3}, 1);
  const auto fresh = [&](const Observation& obs) {
    auto state = actor->initial_state(2);
    return actor->step(obs, state).mean;
  };
  auto state = actor->initial_state(2), kept = never->initial_state(2);
  state.steps.select(0, 1).fill_(2);  // the second row is two steps ahead
  for (int64_t t = 0; t < 8; ++t) {
    const auto obs = at_step(states, t);
    const auto anew = fresh(obs), mean = actor->step(obs, state).mean, unbroken = never->step(obs, kept).mean;
    const auto begins = [&](int64_t row) { return at::allclose(mean[row], anew[row], 1e-6, 1e-7); };
    EXPECT_EQ(begins(0), t % 3 == 0) << t;
    EXPECT_EQ(begins(1), t == 0 || (t + 2) % 3 == 0) << t;  // at first the memory is zeros whatever the count says
    EXPECT_EQ(at::allclose(mean[0], unbroken[0], 1e-6, 1e-7), t < 3) << t;
  }
  EXPECT_EQ(state.steps[0].item<int64_t>(), 2);
}

// The whole of what an update descends, through time, the mixture and the mask, in double.
TEST(RecurrentMixtureActor, GradientOfItsLossMatchesFiniteDifferences) {
  const auto actor = make({.units = 3, .layers = 2, .head = {.hidden = {4}, .activation = Activation::kTanh}},
                          {.components = 2}, /*state_dim=*/2);
  actor->to(at::kDouble);
  const Observation obs{{"state", normals({6, 2}, 1).to(at::kDouble)}};
  const auto action = uniforms({2, 3, 2}, 2).to(at::kDouble);
  const auto mask = at::tensor({1.0, 1.0, 1.0, 1.0, 0.0, 0.0}, at::kDouble).view({2, 3});
  const auto loss = [&] { return losses::bc_nll(actor->log_likelihood(obs, action), mask); };
  int64_t places = 0;
  for (auto& item : actor->named_parameters()) {
    auto& parameter = item.value();
    const auto gradient = torch::autograd::grad({loss()}, {parameter})[0].reshape({-1});
    const at::NoGradGuard no_gradient;
    const auto flat = parameter.view({-1});
    for (int64_t k = 0; k < flat.numel(); k += 4, ++places) {
      const double value = flat[k].item<double>();
      flat[k].fill_(value + 1e-6);
      const double above = loss().item<double>();
      flat[k].fill_(value - 1e-6);
      const double below = loss().item<double>();
      flat[k].fill_(value);
      EXPECT_NEAR(gradient[k].item<double>(), (above - below) / 2e-6, 1e-7) << item.key() << " " << k;
    }
  }
  EXPECT_GT(places, 60);
}

// Steps that are not there change nothing, whatever they hold.
TEST(RecurrentMixtureActor, WhatIsMaskedDoesNotCount) {
  const auto actor = make();
  auto states = normals({2, 3, 3}, 1);
  auto action = uniforms({2, 3, 2}, 2);
  const auto mask = rows({{1, 1, 1}, {1, 0, 0}});
  const auto loss = [&] {
    return losses::bc_nll(actor->log_likelihood({{"state", states.flatten(0, 1)}}, action), mask).item<double>();
  };
  const auto before = loss();
  states[1].narrow(0, 1, 2).fill_(7);
  action[1].narrow(0, 1, 2).fill_(-1);
  EXPECT_EQ(loss(), before);
  action[1][0].fill_(-1);
  EXPECT_NE(loss(), before);
}

TEST(RecurrentMixtureActor, LowNoiseHoldsForWhatActsAndNotForTheFit) {
  const auto actor = make({.units = 6}, {.components = 3, .low_noise = true}), plain = make();
  copy_module(*actor, *plain);
  const Observation obs{{"state", normals({8, 3}, 1)}};
  const auto action = uniforms({4, 2, 2}, 2);
  expect_equal(actor->log_likelihood(obs, action), plain->log_likelihood(obs, action));
  auto state = actor->initial_state(8);
  EXPECT_NEAR(actor->step(obs, state).log_std.max().item<double>(), std::log(1e-4), 1e-5);
}

TEST(RecurrentMixtureActor, ACopyDoesNotFollowTheOriginal) {
  const auto actor = make();
  const auto copy = actor->copy();
  const auto mean_of = [](RecurrentMixtureActor& of) {
    auto state = of.initial_state(4);
    const Observation obs{{"state", normals({4, 3}, 1)}};
    of.step(obs, state);
    return of.step(obs, state).mean.detach();
  };
  const auto before = mean_of(*actor);
  expect_equal(mean_of(*copy), before);
  {
    at::NoGradGuard no_gradient;
    for (auto& parameter : actor->parameters()) parameter.add_(0.1);
  }
  EXPECT_FALSE(at::equal(mean_of(*actor), before));
  expect_equal(mean_of(*copy), before);
}

TEST(RecurrentMixtureActor, ItsComponentsBeginApart) {
  const auto actor = make();
  auto state = actor->initial_state(1);
  const auto mean = actor->step({{"state", at::zeros({1, 3})}}, state).mean.squeeze(0);  // [3, 2]
  for (int64_t a = 0; a < 2; ++a) {
    const auto ordered = std::get<0>(mean.select(1, a).sort());
    EXPECT_GT((ordered[1] - ordered[0]).item<double>(), 0.2);  // two thirds, but for what the layers before add
    EXPECT_GT((ordered[2] - ordered[1]).item<double>(), 0.2);
  }
}

TEST(RecurrentMixtureActor, NamesAMisshapenAction) {
  expect_throws<ShapeError>(
      [] {
        make()->log_likelihood({{"state", at::zeros({6, 3})}}, at::zeros({6, 2}));
      },
      "action: want float [B, T, 2], got float [6, 2]");
}

}  // namespace
}  // namespace onramp
