#include "onramp/models/critic.h"

#include "model_testing.h"
#include "onramp/base/error.h"
#include "onramp/nn/state.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

Critic make_critic(int64_t E, bool layer_norm = false) {
  auto generator = generator_of(1);
  auto encoder = std::make_shared<ObservationEncoder>(state_only(3), Normalizer(), nullptr, false);
  return Critic(encoder, /*action_dim=*/2, {.ensemble = E, .mlp = {.hidden = {16, 8}, .layer_norm = layer_norm}},
                generator);
}

class CriticOfEachSize : public ::testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(Ensembles, CriticOfEachSize, ::testing::Values(1, 2, 10));

TEST_P(CriticOfEachSize, HasItsShapesAndParameters) {
  const auto E = GetParam();
  auto critic = make_critic(E);
  const auto encoded = normals({4, 3}, 1);
  EXPECT_EQ(critic.q(encoded, uniforms({4, 2}, 2)).sizes(), (std::vector<int64_t>{E, 4}));
  const auto out = critic.forward(encoded, uniforms({4, 5, 2}, 2));
  EXPECT_EQ(out.q.sizes(), (std::vector<int64_t>{E, 4, 5}));
  EXPECT_EQ(out.latent.sizes(), (std::vector<int64_t>{E, 4, 5, 8}));
  EXPECT_EQ(count_parameters(critic), E * (5 * 16 + 16 + 16 * 8 + 8 + 8 + 1));
}

TEST_P(CriticOfEachSize, SeveralActionsAreWorthWhatEachIsWorthAlone) {
  for (const bool layer_norm : {false, true}) {
    auto critic = make_critic(GetParam(), layer_norm);
    const auto encoded = normals({4, 3}, 1), actions = uniforms({4, 5, 2}, 2);
    const auto together = critic.forward(encoded, actions);
    for (int64_t n = 0; n < 5; ++n) {
      const auto alone = critic.forward(encoded, actions.select(1, n));
      // The split first layer adds in another order: a few units in the last place of values near 1.
      EXPECT_TRUE(at::allclose(together.q.select(-1, n), alone.q, 1e-5, 1e-6));
      EXPECT_TRUE(at::allclose(together.latent.select(2, n), alone.latent, 1e-5, 1e-6));
    }
  }
}

TEST_P(CriticOfEachSize, ValueIsLinearInTheLatentRepresentation) {
  auto critic = make_critic(GetParam());
  const auto out = critic.forward(normals({4, 3}, 1), uniforms({4, 2}, 2));
  const auto named = critic.named_parameters();
  const auto weight = named["mlp.weight_out"], bias = named["mlp.bias_out"];  // [E, F, 1], [E, 1]
  EXPECT_TRUE(at::allclose(out.q, at::bmm(out.latent, weight).squeeze(-1) + bias, 1e-5, 1e-6));
  EXPECT_GE(out.latent.min().item<float>(), 0.0F);  // after its activation
}

TEST(Critic, MembersDiffer) {
  auto critic = make_critic(2);
  const auto q = critic.q(normals({4, 3}, 1), uniforms({4, 2}, 2));
  EXPECT_FALSE(at::allclose(q[0], q[1]));
}

TEST(Critic, NamesAMisshapenArgument) {
  auto critic = make_critic(2);
  expect_throws<ShapeError>([&] { critic.q(at::ones({4, 3}), at::ones({3, 5, 2})); }, "got float [4, 3]");
}

TEST(Critic, ACopyHasItsValuesInMemoryOfItsOwn) {
  auto generator = generator_of(1);
  auto encoder = std::make_shared<ObservationEncoder>(state_only(3), Normalizer(), nullptr, false);
  Critic critic(encoder, /*action_dim=*/2, {.ensemble = 2, .mlp = {.hidden = {16, 8}}}, generator, BatchRenormConfig{});
  const auto encoded = normals({4, 3}, 1), action = uniforms({4, 2}, 2);
  BatchStatistics made;
  critic.forward_batch(encoded, action, made);
  const auto copy = critic.copy();
  const auto before = critic.q(encoded, action);
  expect_equal(copy->q(encoded, action), before);
  critic.forward_batch(encoded, action, made);  // moves its statistics
  {
    at::NoGradGuard no_gradient;
    for (auto& parameter : critic.parameters()) parameter.add_(0.1);
  }
  EXPECT_FALSE(at::equal(critic.q(encoded, action), before));
  expect_equal(copy->q(encoded, action), before);
}

}  // namespace
}  // namespace onramp
