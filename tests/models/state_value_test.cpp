#include "onramp/models/state_value.h"

#include "model_testing.h"
#include "onramp/nn/state.h"

namespace onramp {
namespace {

using namespace onramp::test;

std::shared_ptr<StateValue> make_value() {
  auto generator = generator_of(1);
  auto encoder = std::make_shared<ObservationEncoder>(state_only(3), Normalizer(), nullptr, false);
  return std::make_shared<StateValue>(encoder, MlpConfig{.hidden = {16, 8}, .layer_norm = true}, generator);
}

TEST(StateValue, HasItsShapesAndParameters) {
  const auto value = make_value();
  EXPECT_EQ(value->forward({{"state", normals({4, 3}, 1)}}).sizes(), (std::vector<int64_t>{4}));
  EXPECT_EQ(count_parameters(*value), 3 * 16 + 3 * 16 + 16 * 8 + 3 * 8 + 8 + 1);
}

TEST(StateValue, ACopyDoesNotFollowTheOriginal) {
  const auto value = make_value();
  const Observation obs{{"state", normals({4, 3}, 1)}};
  const auto copy = value->copy();
  const auto before = value->forward_constant(obs);
  EXPECT_FALSE(before.requires_grad());
  expect_equal(copy->forward_constant(obs), before);
  {
    at::NoGradGuard no_gradient;
    for (auto& parameter : value->parameters()) parameter.add_(0.1);
  }
  EXPECT_FALSE(at::equal(value->forward_constant(obs), before));
  expect_equal(copy->forward_constant(obs), before);
}

}  // namespace
}  // namespace onramp
