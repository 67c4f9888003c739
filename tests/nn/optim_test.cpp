#include "onramp/nn/optim.h"

#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>

#include <stdexcept>

#include "nn_test_support.h"
#include "onramp/base/error.h"
#include "onramp/nn/mlp.h"
#include "onramp/nn/state.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_close;
using test::expect_equal_bits;
using test::seeded;

at::Tensor pair_of(double a, double b) { return at::tensor({a, b}, at::kDouble); }

// Two steps from (1, -2) with given gradients, learning rate 0.1.
at::Tensor after_two_steps(AdamConfig config, const at::Tensor& first, const at::Tensor& second) {
  config.learning_rate = 0.1;
  const auto parameter = pair_of(1.0, -2.0).requires_grad_(true);
  Adam adam({parameter}, config);
  adam.step({first});
  adam.step({second});
  return parameter.detach();
}

// Expected values: the formula of the paper's algorithm 1 evaluated in a separate program in double precision.
TEST(Adam, MatchesTheFormula) {
  for (const bool fused : {true, false}) {
    expect_close(after_two_steps({.fused = fused}, pair_of(0.5, -1.0), pair_of(0.1, 0.3)),
                 pair_of(0.8196959063846518, -1.8572151424292265), 1e-9);
  }
}

TEST(Adam, WeightDecayIsDecoupled) {
  for (const bool fused : {true, false}) {
    expect_close(after_two_steps({.weight_decay = 0.01, .fused = fused}, pair_of(0.5, -1.0), pair_of(0.1, 0.3)),
                 pair_of(0.8177969063826518, -1.8533171424282264), 1e-9);
  }
}

TEST(Adam, LongGradientsAreScaledDownToTheGivenNorm) {
  for (const bool fused : {true, false}) {
    // |(3, -4)| = 5 -> 1; |(0.1, 0.3)| < 1 stays. Tolerance: the divisor is a float.
    expect_close(after_two_steps({.max_grad_norm = 1.0, .fused = fused}, pair_of(3.0, -4.0), pair_of(0.1, 0.3)),
                 pair_of(0.8216672686623093, -1.8634042127980444), 1e-7);
  }
}

TEST(Adam, ReportsTheNormOverAllParameters) {
  const auto a = at::zeros({1}).requires_grad_(true), b = at::zeros({2, 2}).requires_grad_(true);
  Adam adam({a, b}, {.max_grad_norm = 100.0});
  adam.step({at::full({1}, 4.0), at::full({2, 2}, 1.5)});  // sqrt(16 + 4 * 2.25) = 5
  EXPECT_NEAR(adam.last_grad_norm().item<double>(), 5.0, 1e-6);
}

// Ten steps on a small network, by ours and by LibTorch's own optimiser.
template <class TorchOptimiser, class Options>
void expect_equals_torch(const AdamConfig& config, const Options& options) {
  auto g = seeded(1), again = seeded(1), data = seeded(2);
  Mlp ours(3, 2, {.hidden = {7}, .layer_norm = true}, g), theirs(3, 2, {.hidden = {7}, .layer_norm = true}, again);
  Adam adam(ours, config);
  TorchOptimiser reference(theirs.parameters(), options);
  for (int step = 0; step < 10; ++step) {
    const auto x = test::randn({16, 3}, data, at::kFloat), y = test::randn({16, 2}, data, at::kFloat);
    adam.minimize((ours.forward(x) - y).square().mean());
    reference.zero_grad();
    (theirs.forward(x) - y).square().mean().backward();
    reference.step();
  }
  for (size_t i = 0; i < ours.parameters().size(); ++i) {
    expect_close(ours.parameters()[i], theirs.parameters()[i], 1e-5);  // ten steps of 1e-2 each
  }
}

TEST(Adam, EqualsLibTorchsAdam) {
  for (const bool fused : {true, false}) {
    expect_equals_torch<torch::optim::Adam>({.learning_rate = 1e-2, .fused = fused}, torch::optim::AdamOptions(1e-2));
    expect_equals_torch<torch::optim::AdamW>({.learning_rate = 1e-2, .weight_decay = 0.1, .fused = fused},
                                             torch::optim::AdamWOptions(1e-2).weight_decay(0.1));
  }
}

TEST(Adam, LearningRateCanBeChangedBetweenSteps) {
  const auto parameter = at::zeros({1}, at::kDouble).requires_grad_(true);
  Adam adam({parameter}, {.learning_rate = 0.1});
  adam.step({at::ones({1}, at::kDouble)});
  adam.set_learning_rate(0.0);
  adam.step({at::ones({1}, at::kDouble)});
  EXPECT_NEAR(parameter.item<double>(), -0.1, 1e-8);  // the first step has length learning_rate
}

TEST(Adam, GivesNoGradientToOtherNetworksThatTheLossRunsThrough) {
  auto g = seeded(3);
  Mlp actor(3, 2, {.hidden = {4}}, g), critic(2, 1, {.hidden = {4}}, g);
  const auto before = critic.parameters()[0].detach().clone();
  Adam adam(actor, {});
  adam.minimize(critic.forward(actor.forward(at::ones({5, 3}))).mean());
  for (const auto& parameter : critic.parameters()) EXPECT_FALSE(parameter.grad().defined());
  for (const auto& parameter : actor.parameters()) EXPECT_FALSE(parameter.grad().defined());
  expect_equal_bits(critic.parameters()[0], before);
}

TEST(Adam, LeavesAParameterThatTheLossDoesNotReachAsItIs) {
  for (const bool fused : {true, false}) {
    const auto a = at::ones({3}, at::kDouble).requires_grad_(true), b = at::ones({2}, at::kDouble).requires_grad_(true);
    Adam adam({a, b}, {.learning_rate = 0.1, .fused = fused});
    adam.minimize(a.sum());
    expect_equal_bits(b.detach(), at::ones({2}, at::kDouble));
    adam.minimize(a.sum() + b.sum());  // its first step, with the bias correction of a first step
    expect_close(b.detach(), at::full({2}, 0.9, at::kDouble), 1e-7);
    expect_close(a.detach(), at::full({3}, 0.8, at::kDouble), 1e-7);
    EXPECT_THROW(adam.minimize(at::ones({}).requires_grad_(true)), std::logic_error);
  }
}

TEST(Adam, KeepsTheGraphOnRequest) {
  const auto a = at::ones({1}).requires_grad_(true);
  Adam adam({a}, {});
  const auto loss = a.square().sum();
  adam.minimize(loss, /*retain_graph=*/true);
  EXPECT_NO_THROW(adam.minimize(loss, /*retain_graph=*/true));
}

TEST(Adam, MovesParametersIntoOneBufferWithoutChangingThem) {
  auto g = seeded(4);
  Mlp mlp(3, 2, {.hidden = {5}}, g);
  const auto x = at::ones({1, 3});
  const auto before = mlp.forward(x).detach().clone();
  EXPECT_FALSE(flat_view(mlp.parameters()).defined());
  Adam adam(mlp, {});
  expect_equal_bits(mlp.forward(x), before);
  const auto flat = flat_view(mlp.parameters());
  ASSERT_TRUE(flat.defined());
  // 15, 5, 10, 2 values, each from a multiple of 16 floats (64 bytes)
  EXPECT_EQ(flat.numel(), 16 + 16 + 16 + 16);
  for (const auto& parameter : mlp.parameters()) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(parameter.data_ptr()) % 64, 0u);
    EXPECT_TRUE(parameter.is_leaf() && parameter.requires_grad());
  }
  Adam second(mlp, {});
  EXPECT_EQ(flat_view(mlp.parameters()).data_ptr(), flat.data_ptr());  // it lay so already
}

TEST(Adam, ContinuesBitForBitFromASavedState) {
  for (const bool fused : {true, false}) {
    auto g = seeded(5), other = seeded(6);
    const auto x = test::randn({8, 3}, g, at::kFloat);
    Mlp mlp(3, 2, {.hidden = {5}}, g), loaded(3, 2, {.hidden = {5}}, other);
    Adam adam(mlp, {.fused = fused}), adam_loaded(loaded, {.fused = fused});
    const auto step = [&](Mlp& m, Adam& a) { a.minimize(m.forward(x).square().mean()); };
    for (int i = 0; i < 3; ++i) step(mlp, adam);
    PartState state;
    save_module(state, mlp, "network.");
    adam.save(state, "adam.");
    step(mlp, adam);  // must not reach into what was saved
    load_module(state, loaded, "network.");
    adam_loaded.load(state, "adam.");
    step(loaded, adam_loaded);
    for (int i = 0; i < 3; ++i) {
      step(mlp, adam);
      step(loaded, adam_loaded);
    }
    for (size_t i = 0; i < mlp.parameters().size(); ++i) expect_equal_bits(mlp.parameters()[i], loaded.parameters()[i]);
  }
}

TEST(Adam, NamesASavedTensorThatDoesNotFit) {
  const auto a = at::ones({3}).requires_grad_(true), b = at::ones({4}).requires_grad_(true);
  Adam wrote({a}, {}), reads({b}, {});
  PartState state;
  wrote.save(state, "adam.");
  test::expect_throws<CheckpointError>([&] { reads.load(state, "adam."); },
                                       "tensor 'adam.exp_avg.0': this network has float [4], the checkpoint float [3]");
  test::expect_throws<CheckpointError>([&] { reads.load(state, "other."); }, "no tensor 'other.steps'");
}

TEST(PolyakUpdate, MovesTheTargetByTau) {
  auto g = seeded(7);
  for (const bool flat : {true, false}) {
    Mlp target(3, 2, {.hidden = {5}}, g), online(3, 2, {.hidden = {5}}, g);
    std::vector<at::Tensor> want;
    for (size_t i = 0; i < target.parameters().size(); ++i) {
      want.push_back(target.parameters()[i].detach() * 0.75 + online.parameters()[i].detach() * 0.25);
    }
    if (flat) {
      flatten_parameters(target);
      flatten_parameters(online);
    }
    polyak_update(target, online, 0.25);
    for (size_t i = 0; i < want.size(); ++i) expect_close(target.parameters()[i], want[i], 1e-6);
  }
}

TEST(PolyakUpdate, RefusesNetworksOfDifferentShape) {
  auto g = seeded(7);
  Mlp target(3, 2, {.hidden = {5}}, g), online(3, 2, {.hidden = {6}}, g);
  EXPECT_THROW(polyak_update(target, online, 0.5), std::logic_error);
}

TEST(FlatView, IsUndefinedForTensorsThatOnlyShareMemory) {
  const auto storage = at::zeros({64});
  EXPECT_TRUE(flat_view({storage.narrow(0, 0, 16), storage.narrow(0, 16, 16)}).defined());
  EXPECT_FALSE(flat_view({storage.narrow(0, 0, 16), storage.narrow(0, 32, 16)}).defined());
  EXPECT_FALSE(flat_view({storage.narrow(0, 0, 15), storage.narrow(0, 15, 16)}).defined());
  EXPECT_FALSE(flat_view({storage.narrow(0, 0, 16), at::zeros({16})}).defined());
}

}  // namespace
}  // namespace onramp
