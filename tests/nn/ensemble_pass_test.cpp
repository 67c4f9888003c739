// The fused form of EnsembleMlp: all layers in one pass, block by block. Held to the plain operators.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "nn_test_support.h"
#include "onramp/nn/ensemble_mlp.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_close;
using test::seeded;

struct Results {
  at::Tensor output, features;
  std::vector<at::Tensor> gradients;  // of x or (state, action), then of the parameters
};

struct Case {
  int64_t members;
  bool norm, own_rows;
  Activation activation;
};

class EnsemblePass : public ::testing::TestWithParam<Case> {
 protected:
  EnsembleMlp make(bool fused, const std::vector<int64_t>& hidden = {33, 16}) const {
    auto g = seeded(1);
    return {GetParam().members,
            7,
            2,
            {.hidden = hidden, .activation = GetParam().activation, .layer_norm = GetParam().norm, .fused = fused},
            g};
  }

  static Results gradients_of(EnsembleMlp& mlp, const EnsembleOutput& out, std::vector<at::Tensor> inputs) {
    auto g = seeded(3);
    const auto loss = (out.output * test::randn(out.output.sizes(), g, at::kFloat)).mean() +
                      (out.features * test::randn(out.features.sizes(), g, at::kFloat)).mean();
    for (const auto& p : mlp.parameters()) inputs.push_back(p);
    return {out.output, out.features, torch::autograd::grad({loss}, inputs)};
  }
  /// More rows than a block holds, and no multiple of it.
  Results on_rows(EnsembleMlp& mlp) const {
    auto g = seeded(2);
    const auto sizes =
        GetParam().own_rows ? std::vector<int64_t>{GetParam().members, 701, 7} : std::vector<int64_t>{701, 7};
    const auto x = test::randn(sizes, g, at::kFloat).requires_grad_(true);
    return gradients_of(mlp, mlp.forward(x), {x});
  }
  static Results on_sampled_actions(EnsembleMlp& mlp, int64_t N) {
    auto g = seeded(2);
    const auto state = test::randn({50, 4}, g, at::kFloat).requires_grad_(true);
    const auto action = test::randn({50, N, 3}, g, at::kFloat).requires_grad_(true);
    return gradients_of(mlp, mlp.forward(state, action), {state, action});
  }
  static void expect_same(const Results& a, const Results& b, double tolerance) {
    expect_close(a.output, b.output, tolerance);
    expect_close(a.features, b.features, tolerance);
    ASSERT_EQ(a.gradients.size(), b.gradients.size());
    for (size_t i = 0; i < a.gradients.size(); ++i) {
      SCOPED_TRACE("gradient " + std::to_string(i));
      const double size = b.gradients[i].abs().max().item<double>();
      expect_close(a.gradients[i] / size, b.gradients[i] / size, tolerance);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(All, EnsemblePass,
                         ::testing::Values(Case{1, false, false, Activation::kRelu},
                                           Case{1, true, true, Activation::kTanh},
                                           Case{2, true, false, Activation::kRelu},
                                           Case{2, false, true, Activation::kTanh},
                                           Case{10, true, true, Activation::kRelu}));

TEST_P(EnsemblePass, EqualsThePlainOperators) {
  auto fused = make(true), plain = make(false);
  expect_same(on_rows(fused), on_rows(plain), 1e-5);
}

TEST_P(EnsemblePass, EqualsThemWhereActionsShareAState) {
  auto fused = make(true), plain = make(false);
  for (const int64_t N : {5, 31, 200}) {  // several states a block; as many as fit; more actions than a block has rows
    expect_same(on_sampled_actions(fused, N), on_sampled_actions(plain, N), 1e-5);
  }
}

TEST_P(EnsemblePass, HasTheSameBitsOnAnyNumberOfThreads) {
  auto mlp = make(true);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = on_rows(mlp), one_sampled = on_sampled_actions(mlp, 31);
  at::set_num_threads(3);
  const auto three = on_rows(mlp), three_sampled = on_sampled_actions(mlp, 31);
  at::set_num_threads(before);
  expect_same(one, three, 0.0);
  expect_same(one_sampled, three_sampled, 0.0);
}

TEST_P(EnsemblePass, GivesTheSameBitsWithoutGradients) {
  auto mlp = make(true);
  const auto with = on_rows(mlp);
  const at::NoGradGuard no_grad;
  auto g = seeded(2);
  const auto out = mlp.forward(
      test::randn(GetParam().own_rows ? std::vector<int64_t>{GetParam().members, 701, 7} : std::vector<int64_t>{701, 7},
                  g, at::kFloat));
  test::expect_equal_bits(out.output, with.output);
  test::expect_equal_bits(out.features, with.features);
}

TEST_P(EnsemblePass, GivesTheGradientOfAnInputAlone) {
  auto mlp = make(true);
  auto g = seeded(2);
  const auto state = test::randn({20, 4}, g, at::kFloat),
             action = test::randn({20, 3}, g, at::kFloat).requires_grad_(true);
  const auto q = mlp.forward(state, action).output.sum();
  const auto d_action = torch::autograd::grad({q}, {action})[0];
  auto plain = make(false);
  const auto want = torch::autograd::grad({plain.forward(state, action).output.sum()}, {action})[0];
  expect_close(d_action, want, 1e-5);
}

// What the regulariser asks for: nothing comes back through the output.
TEST_P(EnsemblePass, GivesTheGradientOfFeaturesAlone) {
  const auto gradients = [&](bool fused) {
    auto mlp = make(fused);
    auto g = seeded(2);
    const auto state = test::randn({50, 4}, g, at::kFloat).requires_grad_(true),
               action = test::randn({50, 5, 3}, g, at::kFloat).requires_grad_(true);
    const auto features = mlp.forward(state, action).features;
    std::vector<at::Tensor> inputs{state, action};
    for (const auto& p : mlp.parameters()) inputs.push_back(p);
    return torch::autograd::grad({(features * test::randn(features.sizes(), g, at::kFloat)).mean()}, inputs, {},
                                 std::nullopt, /*create_graph=*/false, /*allow_unused=*/true);
  };
  const auto got = gradients(true), want = gradients(false);
  size_t untouched = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    SCOPED_TRACE("gradient " + std::to_string(i));
    ASSERT_EQ(got[i].defined(), want[i].defined());
    untouched += !want[i].defined();
    if (!want[i].defined()) continue;
    const double size = want[i].abs().max().item<double>();
    ASSERT_GT(size, 0.0);
    expect_close(got[i] / size, want[i] / size, 1e-5);
  }
  EXPECT_EQ(untouched, 2U) << "weight and bias of the output";
}

// What the policy's step asks for: the critic's weights and the states are constants, and N actions share a bias row.
TEST_P(EnsemblePass, GivesTheGradientOfSampledActionsThroughFrozenWeights) {
  for (const int64_t N : {1, 5, 200}) {
    const auto gradient = [&](bool fused) {
      auto mlp = make(fused);
      for (auto& p : mlp.parameters()) p.requires_grad_(false);
      auto g = seeded(2);
      const auto state = test::randn({50, 4}, g, at::kFloat),
                 action = test::randn({50, N, 3}, g, at::kFloat).requires_grad_(true);
      const auto out = mlp.forward(state, action).output;
      return torch::autograd::grad({(out * test::randn(out.sizes(), g, at::kFloat)).sum()}, {action})[0];
    };
    expect_close(gradient(true), gradient(false), 1e-5);
  }
}

// In double, one number after another, by what the loss itself says.
TEST_P(EnsemblePass, GradientsOfDeeperNetworksMatchFiniteDifferences) {
  for (const auto& hidden : {std::vector<int64_t>{5, 4}, std::vector<int64_t>{5, 4, 3}}) {
    auto mlp = make(true, hidden);
    mlp.to(at::kDouble);
    auto g = seeded(4);
    const auto state = test::randn({3, 4}, g), action = test::randn({3, 2, 3}, g);
    const auto of_output = test::randn({GetParam().members, 3, 2, 2}, g),
               of_features = test::randn({GetParam().members, 3, 2, hidden.back()}, g);
    const auto loss = [&](const std::vector<at::Tensor>& inputs) {
      const auto out = mlp.forward(inputs[0], inputs[1]);
      return (out.output * of_output).sum() + (out.features * of_features).sum();
    };
    test::expect_gradients(loss, {state, action});
    const auto parameters = mlp.parameters();
    const auto gradients = torch::autograd::grad({loss({state, action})}, parameters);
    const at::NoGradGuard no_grad;
    for (size_t i = 0; i < parameters.size(); ++i) {
      SCOPED_TRACE("parameter " + std::to_string(i));
      auto flat = parameters[i].view({-1});
      auto numeric = at::zeros_like(flat);
      for (int64_t k = 0; k < flat.numel(); k += 3) {  // every third place: they are many
        const double value = flat[k].item<double>();
        flat[k].fill_(value + 1e-6);
        const auto above = loss({state, action});
        flat[k].fill_(value - 1e-6);
        numeric[k].copy_((above - loss({state, action})) / 2e-6);
        flat[k].fill_(value);
      }
      const auto places = at::arange(0, flat.numel(), 3);
      expect_close(gradients[i].reshape({-1}).index_select(0, places), numeric.index_select(0, places), 1e-6);
    }
  }
}

/// Passes values on and lets no gradient back.
struct Wall : torch::autograd::Function<Wall> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x) {
    context->set_materialize_grads(false);
    return x.clone();
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*, torch::autograd::variable_list) {
    return {at::Tensor()};
  }
};

TEST_P(EnsemblePass, PassesOnThatNothingCameBack) {
  auto mlp = make(true);
  auto g = seeded(2);
  const auto x = test::randn({20, 7}, g, at::kFloat).requires_grad_(true);
  std::vector<at::Tensor> inputs = mlp.parameters();
  inputs.push_back(x);
  const auto gradients =
      torch::autograd::grad({Wall::apply(mlp.forward(x).output).sum()}, inputs, {}, std::nullopt, false, true);
  for (const auto& gradient : gradients) EXPECT_FALSE(gradient.defined());
}

TEST_P(EnsemblePass, HandlesOneHiddenLayer) {
  auto fused = make(true, {16}), plain = make(false, {16});
  expect_same(on_rows(fused), on_rows(plain), 1e-5);
}

TEST(EnsemblePassLimits, HasNoSecondDerivative) {
  auto g = seeded(1);
  EnsembleMlp mlp(2, 7, 1, {.hidden = {8}}, g);
  const auto x = at::ones({3, 7}).requires_grad_(true);
  test::expect_throws<std::logic_error>(
      [&] { torch::autograd::grad({mlp.forward(x).output.sum()}, {x}, {}, std::nullopt, /*create_graph=*/true); },
      "no second derivative; set fused: false");
}

}  // namespace
}  // namespace onramp
