#include "onramp/workflow/critic_figures.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "onramp/core/tensor_io.h"

namespace onramp {
namespace {

/// Two members: Q = +-(3 vx - vy) + the state's first value, Phi = (state 0, state 1) and twice that.
class PlaneCritic final : public Agent, public CriticView {
 public:
  CriticOutput evaluate(const Observation& obs, const at::Tensor& action) override {
    const auto state = obs.at("state");
    auto q = 3 * action.select(-1, 0) - action.select(-1, 1);  // [B] or [B, N]
    auto base = state.select(1, 0);
    if (action.dim() == 3) base = base.unsqueeze(1);
    return {at::stack({base + q, base + q + 100}), at::stack({state, 2 * state})};
  }
  std::unique_ptr<Policy> policy() const override { return std::make_unique<Still>(); }
  std::vector<BatchRequest> sample_plan() const override { return {}; }
  Metrics update(const Batches&) override { return {}; }
  void save(Parts&) const override {}
  void load(const Parts&) override {}

 private:
  struct Still final : Policy {
    std::unique_ptr<PolicyState> begin(int64_t) override { return std::make_unique<PolicyState>(); }
    Action act(const Observation&, PolicyState&, ActMode, Rng&) override {
      return {at::tensor({0.25F, -0.5F, 1.0F}).view({1, 3}), {}};
    }
    const ActionSpec& action_spec() const override { return spec; }
    ActionSpec spec{.dim = 3};
  };
};

TEST(LookAt, IsTheLeastOfTheEnsembleAndTheMeanDotProduct) {
  PlaneCritic critic;
  const Pairs pairs{{{"state", at::tensor({1.0F, 0.0F, 0.0F, 2.0F, 1.0F, 1.0F}).view({3, 2})}},
                    at::tensor({1.0F, 0.0F, 0.0F, 0.0F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F}).view({3, 3})};
  const auto look = look_at(critic, pairs);
  EXPECT_EQ(look.q, (std::vector<double>{4, -1, 1}));
  // Dot products of the states: {1 0 1; 0 4 2; 1 2 2}; members have 1 and 4 times that, 2.5 in the mean.
  EXPECT_EQ(look.similarity, (std::vector<double>{2.5, 0, 2.5, 0, 10, 5, 2.5, 5, 5}));
  EXPECT_DOUBLE_EQ(look.mean_similarity, (0 + 2.5 + 0 + 5 + 2.5 + 5) / 6);
}

TEST(ValueFieldOf, VariesTheTwoVelocitiesAlone) {
  CriticFile file;
  auto learner = std::make_unique<PlaneCritic>();
  file.agent = learner.get();
  file.critic = learner.get();
  file.learner = std::move(learner);
  const Observation state{{"state", at::tensor({10.0F, 0.0F}).view({1, 2})}};
  const auto field = value_field(file, state, {"", 0, 1}, 3);
  EXPECT_EQ(field.axis, (std::vector<double>{-1, 0, 1}));
  // Row by row of vy = -1, 0, 1: 10 + 3 vx - vy.
  EXPECT_EQ(field.q, (std::vector<double>{8, 11, 14, 7, 10, 13, 6, 9, 12}));
  EXPECT_EQ(field.policy_x, 0.25);
  EXPECT_EQ(field.policy_y, -0.5);
}

TEST(ValueBoundsOf, MatchThePapersNumbers) {
  const auto bounds = value_bounds(0.99, 1.0, 60);
  EXPECT_EQ(*bounds.undiscounted, 60.0);
  EXPECT_NEAR(bounds.endless, 100.0, 1e-9);
  EXPECT_NEAR(*bounds.discounted, 45.28, 0.01);
  EXPECT_FALSE(value_bounds(0.99, 1.0, 0).undiscounted) << "an episode without limit";
}

}  // namespace
}  // namespace onramp
