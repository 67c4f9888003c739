#include "onramp/policies/residual_policy.h"

#include <torch/types.h>

#include <cmath>
#include <limits>

#include "models/model_testing.h"
#include "onramp/base/error.h"
#include "onramp/policies/actor_policy.h"
#include "onramp/policies/torchscript_export.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

/// Acts N(u; mean, e^-1.5) in both dimensions, whatever the state.
std::shared_ptr<SquashedGaussianActor> acts_alike(float x, float y) {
  auto generator = generator_of(1);
  auto encoder = std::make_shared<ObservationEncoder>(state_only(3), Normalizer(), nullptr, false);
  auto actor = std::make_shared<SquashedGaussianActor>(encoder, 2, ActorConfig{.mlp = {.hidden = {}}}, generator);
  const at::NoGradGuard no_gradient;
  for (auto& item : actor->named_parameters()) item.value().zero_();
  actor->named_parameters()["mlp.bias_out"].copy_(at::tensor({x, y, 0.0F, 0.0F}));
  return actor;
}

/// Base: modes (0.5, 0.9); correction: modes (0.4, 0.8).
ResidualPolicy decorated(double share, const ResidualConfig& config = {.scale = 0.25}) {
  auto base = std::make_shared<ActorPolicy>(acts_alike(std::atanh(0.5F), std::atanh(0.9F)), ActionSpec{2, {"x", "y"}});
  return {base, acts_alike(std::atanh(0.4F), std::atanh(0.8F)), config, share};
}

Action act_as(Policy& policy, ActMode mode, int64_t batch = 3, uint64_t draw = 0) {
  auto random = RandomStream(7, "act").at(draw);
  return policy.act({{"state", at::zeros({batch, 3})}}, *policy.begin(batch), mode, random);
}

// 0.5 + 0.25 * 0.4 = 0.6; 0.9 + 0.25 * 0.8 = 1.1, clipped.
TEST(ResidualPolicy, AddsABoundedCorrectionWithinTheBox) {
  for (const double share : {0.0, 0.5, 1.0}) {  // a matter of exploration
    auto policy = decorated(share);
    const auto action = act_as(policy, ActMode::kMode);
    EXPECT_TRUE(at::allclose(action.action, rows({{0.6F, 1}}).expand({3, 2})));
    EXPECT_EQ(action.info.at(0).name, "a_bc");
    EXPECT_TRUE(at::allclose(action.info.at(0).value, rows({{0.5F, 0.9F}}).expand({3, 2})));
    expect_equal(action.info.at(1).value, at::zeros({3, 1}));
  }
}

// However far off the correction's draw is, it moves an action by no more than the scale.
TEST(ResidualPolicy, ADrawnCorrectionKeepsToItsBound) {
  auto policy = decorated(1.0);
  const auto moved = act_as(policy, ActMode::kSample, 1000).action - rows({{0.5F, 0.9F}});
  EXPECT_LE(moved.abs().max().item<double>(), 0.25);
  EXPECT_GT(moved.select(1, 0).std().item<double>(), 0.01);
}

TEST(ResidualPolicy, ExploringTheCorrectionJoinsInItsShareOfRows) {
  constexpr int64_t kRows = 10000;  // s.e. of a share: at most 0.005
  for (const double share : {0.0, 0.3, 1.0}) {
    auto policy = decorated(share);
    const auto action = act_as(policy, ActMode::kSample, kRows);
    const auto alone = action.info.at(1).value;  // [B, 1]
    EXPECT_NEAR(alone.mean().item<double>(), 1 - share, share == 0.3 ? 5 * 0.0046 : 0.0);
    const auto is_base = (action.action == action.info.at(0).value).all(-1, /*keepdim=*/true).to(at::kFloat);
    expect_equal(is_base, alone);
    expect_equal(act_as(policy, ActMode::kSample, kRows).action, action.action);
  }
}

TEST(ResidualPolicy, TheBaseDrawsWhereItIsAskedTo) {
  auto fixed = decorated(0.0), drawn = decorated(0.0, {.scale = 0.25, .bc_action = ActSetting::kSample});
  expect_equal(act_as(fixed, ActMode::kSample, 3, 1).action, act_as(fixed, ActMode::kSample, 3, 2).action);
  EXPECT_FALSE(at::equal(act_as(drawn, ActMode::kSample, 3, 1).action, act_as(drawn, ActMode::kSample, 3, 2).action));
}

TEST(ResidualPolicy, ActsTheSameAfterSaveAndLoadFromThePartAlone) {
  auto policy = decorated(0.3);
  const auto loaded = load_policy(save_policy(static_cast<const Policy&>(policy)));
  expect_equal(act_as(*loaded, ActMode::kSample, 100).action, act_as(policy, ActMode::kSample, 100).action);
  EXPECT_EQ(loaded->content_hash(), policy.content_hash());
  EXPECT_NE(decorated(0.4).content_hash(), policy.content_hash());
  EXPECT_NE(decorated(0.3, {.scale = 0.5}).content_hash(), policy.content_hash());
  EXPECT_EQ(loaded->action_spec(), policy.action_spec());
  EXPECT_EQ(loaded->observation_spec(), policy.observation_spec());
  expect_throws<Error>([&] { export_torchscript(policy); }, "this kind of policy cannot be exported");
}

TEST(ResidualPolicy, IsRefusedWithoutEachOfItsTensorsAndWhenOneWasChanged) {
  const auto saved = save_policy(decorated(0.3));
  for (const auto& [name, tensor] : saved.tensors) {
    auto damaged = saved;
    damaged.tensors.erase(name);
    expect_throws<CheckpointError>([&] { load_policy(damaged); }, name.substr(name.rfind('.') + 1));
    damaged.tensors[name] = tensor + 1e-3;
    expect_throws<CheckpointError>([&] { load_policy(damaged); }, "does not match its hash");
  }
  auto damaged = saved;
  damaged.host["share"] = 1.5;
  expect_throws<CheckpointError>([&] { load_policy(damaged); }, "its share of corrections is damaged");
}

}  // namespace
}  // namespace onramp
