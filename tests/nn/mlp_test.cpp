#include "onramp/nn/mlp.h"

#include <ATen/Context.h>

#include <memory>
#include <vector>

#include "nn_test_support.h"
#include "onramp/base/error.h"
#include "onramp/nn/ensemble_mlp.h"
#include "onramp/nn/init.h"
#include "onramp/nn/state.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_close;
using test::seeded;

TEST(Mlp, CountsItsParameters) {
  auto g = seeded(1);
  // 3*4+4 + 4*5+5 + 5*2+2 = 53; LayerNorm adds 2 (4 + 5) = 18
  EXPECT_EQ(count_parameters(Mlp(3, 2, {.hidden = {4, 5}}, g)), 53);
  EXPECT_EQ(count_parameters(Mlp(3, 2, {.hidden = {4, 5}, .layer_norm = true}, g)), 71);
  EXPECT_EQ(count_parameters(Mlp(3, 2, {.hidden = {}}, g)), 8);
}

TEST(Mlp, MapsTheLastAxisAndKeepsTheOthers) {
  auto g = seeded(1);
  Mlp mlp(3, 2, {.hidden = {4, 5}}, g);
  EXPECT_EQ(mlp.forward(at::zeros({7, 3})).sizes(), (std::vector<int64_t>{7, 2}));
  EXPECT_EQ(mlp.forward(at::zeros({6, 7, 3})).sizes(), (std::vector<int64_t>{6, 7, 2}));
  EXPECT_EQ(mlp.forward(at::zeros({3})).sizes(), (std::vector<int64_t>{2}));
  EXPECT_EQ(mlp.hidden(at::zeros({6, 7, 3})).sizes(), (std::vector<int64_t>{6, 7, 5}));
  EXPECT_EQ(mlp.forward(at::zeros({0, 3})).sizes(), (std::vector<int64_t>{0, 2}));
}

TEST(Mlp, MatchesValuesWorkedByHand) {
  auto g = seeded(1);
  Mlp mlp(2, 1, {.hidden = {2}}, g);
  const at::NoGradGuard no_grad;
  auto p = mlp.named_parameters();
  p["weight_0"].copy_(at::tensor({1.0f, 2.0f, -1.0f, 1.0f}).view({2, 2}));
  p["bias_0"].copy_(at::tensor({0.5f, -3.0f}));
  p["weight_out"].copy_(at::tensor({2.0f, 5.0f}).view({1, 2}));
  p["bias_out"].copy_(at::tensor({-1.0f}));
  // x = (1, 1): hidden (3.5, -3) -> ReLU (3.5, 0) -> 2 * 3.5 - 1 = 6
  expect_close(mlp.forward(at::ones({1, 2})), at::tensor({6.0f}).view({1, 1}), 1e-6);
}

TEST(Mlp, FusedEqualsPlainForEveryActivation) {
  for (const auto activation :
       {Activation::kRelu, Activation::kTanh, Activation::kGelu, Activation::kSilu, Activation::kElu}) {
    for (const bool norm : {false, true}) {
      auto g = seeded(2), again = seeded(2), data = seeded(3);
      Mlp fused(5, 3, {.hidden = {16, 17}, .activation = activation, .layer_norm = norm, .fused = true}, g);
      Mlp plain(5, 3, {.hidden = {16, 17}, .activation = activation, .layer_norm = norm, .fused = false}, again);
      const auto x = test::randn({9, 5}, data, at::kFloat);
      expect_close(fused.forward(x), plain.forward(x), 1e-5);
    }
  }
}

TEST(Mlp, GradientsMatchFiniteDifferences) {
  for (const bool fused : {true, false}) {
    auto g = seeded(4);
    Mlp mlp(3, 2, {.hidden = {4}, .activation = Activation::kTanh, .layer_norm = true, .fused = fused}, g);
    mlp.to(at::kDouble);
    const auto direction = test::randn({5, 2}, g);
    test::expect_gradients([&](const auto& t) { return (mlp.forward(t[0]) * direction).sum(); },
                           {test::randn({5, 3}, g)});
  }
}

TEST(Mlp, SameGeneratorGivesTheSameWeightsAndTheGlobalOneIsLeftAlone) {
  const auto global = at::globalContext().defaultGenerator(at::kCPU).get_state();
  auto g = seeded(5), again = seeded(5);
  Mlp a(3, 2, {}, g), b(3, 2, {}, again);
  EnsembleMlp c(2, 3, 2, {}, g);
  for (size_t i = 0; i < a.parameters().size(); ++i) test::expect_equal_bits(a.parameters()[i], b.parameters()[i]);
  test::expect_equal_bits(at::globalContext().defaultGenerator(at::kCPU).get_state(), global);
}

TEST(Mlp, NamesAnInputOfAnotherWidth) {
  auto g = seeded(1);
  Mlp mlp(3, 2, {}, g);
  test::expect_throws<ShapeError>(
      [&] {
        mlp.forward(at::zeros({4, 5}));
      },
      "Mlp: want float [..., 3], got float [4, 5]");
}

TEST(UniformFanIn, FillsItsRange) {
  auto g = seeded(6);
  const auto w = uniform_fan_in({100, 100}, 25, g);  // +-0.2, deviation 0.2 / sqrt(3)
  EXPECT_LE(w.abs().max().item<float>(), 0.2f);
  EXPECT_NEAR(w.std().item<double>(), 0.11547, 5 * 0.0006);
}

TEST(NormalHe, HasTheStatedVariance) {
  auto g = seeded(6);
  EXPECT_NEAR(normal_he({100, 100}, 50, g).std().item<double>(), 0.2, 5 * 0.0015);
}

class EnsembleMlpOf : public ::testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(Members, EnsembleMlpOf, ::testing::Values(1, 2, 10));

// Member e of an ensemble as an Mlp: its weights are the transposed slices.
std::shared_ptr<Mlp> member(const EnsembleMlp& ensemble, int64_t e, const MlpConfig& config) {
  auto g = seeded(0);
  auto mlp = std::make_shared<Mlp>(ensemble.in_dim(), ensemble.out_dim(), config, g);
  const at::NoGradGuard no_grad;
  const auto from = ensemble.named_parameters();
  for (const auto& item : mlp->named_parameters()) {
    const auto slice = from[item.key()][e];
    item.value().copy_(slice.dim() == 2 ? slice.t() : slice);
  }
  return mlp;
}

TEST_P(EnsembleMlpOf, EqualsSeparateMlps) {
  for (const bool fused : {true, false}) {
    const MlpConfig config{.hidden = {16, 9}, .layer_norm = true, .fused = fused};
    auto g = seeded(7);
    EnsembleMlp ensemble(GetParam(), 5, 3, config, g);
    const auto shared = test::randn({11, 5}, g, at::kFloat), own = test::randn({GetParam(), 11, 5}, g, at::kFloat);
    const auto from_shared = ensemble.forward(shared), from_own = ensemble.forward(own);
    for (int64_t e = 0; e < GetParam(); ++e) {
      const auto mlp = member(ensemble, e, config);
      expect_close(from_shared.output[e], mlp->forward(shared), 1e-5);
      expect_close(from_shared.features[e], mlp->hidden(shared), 1e-5);
      expect_close(from_own.output[e], mlp->forward(own[e]), 1e-5);
    }
  }
}

TEST_P(EnsembleMlpOf, SplitInputEqualsTheConcatenation) {
  for (const bool norm : {false, true}) {
    auto g = seeded(8);
    EnsembleMlp ensemble(GetParam(), 7, 2, {.hidden = {16, 9}, .layer_norm = norm}, g);
    ensemble.to(at::kDouble);
    const auto state = test::randn({6, 4}, g), one = test::randn({6, 3}, g), many = test::randn({6, 70, 3}, g);
    expect_close(ensemble.forward(state, one).output, ensemble.forward(at::cat({state, one}, 1)).output, 1e-12);
    const auto joined = at::cat({state.unsqueeze(1).expand({6, 70, 4}), many}, 2).reshape({420, 7});
    const auto split = ensemble.forward(state, many), whole = ensemble.forward(joined);
    expect_close(split.output, whole.output.view({GetParam(), 6, 70, 2}), 1e-12);
    expect_close(split.features, whole.features.view({GetParam(), 6, 70, 9}), 1e-12);
    const auto direction = test::randn({GetParam(), 6, 70, 2}, g);
    const auto d_split = torch::autograd::grad({(split.output * direction).sum()}, ensemble.parameters());
    const auto d_whole =
        torch::autograd::grad({(whole.output.view(direction.sizes()) * direction).sum()}, ensemble.parameters());
    for (size_t i = 0; i < d_split.size(); ++i) expect_close(d_split[i], d_whole[i], 1e-11);
  }
}

TEST_P(EnsembleMlpOf, SomeMembersGiveTheirRowsOfAll) {
  for (const bool norm : {false, true}) {
    auto g = seeded(11);
    EnsembleMlp ensemble(GetParam(), 5, 2, {.hidden = {16, 9}, .layer_norm = norm}, g);
    const auto x = test::randn({6, 5}, g, at::kFloat);
    const std::vector<int64_t> members{GetParam() - 1, 0};
    const auto expect_rows = [&](const EnsembleOutput& some, const EnsembleOutput& all) {
      for (size_t i = 0; i < members.size(); ++i) {
        const auto row = static_cast<int64_t>(i);
        expect_close(some.output[row], all.output[members[i]], 1e-5);
        expect_close(some.features[row], all.features[members[i]], 1e-5);
      }
    };
    const auto some = ensemble.forward_of(members, x);
    EXPECT_EQ(some.output.sizes(), (std::vector<int64_t>{2, 6, 2}));
    expect_rows(some, ensemble.forward(x));
    const auto state = x.narrow(1, 0, 3), action = test::randn({6, 4, 2}, g, at::kFloat);
    const auto several = ensemble.forward_of(members, state, action);
    EXPECT_EQ(several.output.sizes(), (std::vector<int64_t>{2, 6, 4, 2}));
    expect_rows(several, ensemble.forward(state, action));
    expect_rows(ensemble.forward_of(members, state, action.select(1, 0)), ensemble.forward(state, action.select(1, 0)));
  }
}

TEST(EnsembleMlp, NamesAMemberThatIsNotThere) {
  auto g = seeded(1);
  EnsembleMlp ensemble(2, 5, 1, {}, g);
  const std::vector<int64_t> third{2}, none;
  const auto x = at::zeros({4, 5});
  test::expect_throws<ValueError>([&] { ensemble.forward_of(third, x); }, "forward_of: member: want");
  test::expect_throws<ValueError>([&] { ensemble.forward_of(none, x); }, "forward_of: members: want");
}

TEST_P(EnsembleMlpOf, CountsItsParameters) {
  auto g = seeded(1);
  EXPECT_EQ(count_parameters(EnsembleMlp(GetParam(), 3, 2, {.hidden = {4, 5}, .layer_norm = true}, g)),
            71 * GetParam());
}

TEST(EnsembleMlp, MembersStartDifferent) {
  auto g = seeded(9);
  EnsembleMlp ensemble(2, 3, 1, {.hidden = {8}}, g);
  const auto q = ensemble.forward(at::ones({1, 3})).output;
  EXPECT_NE(q[0].item<float>(), q[1].item<float>());
}

TEST(EnsembleMlp, GradientsMatchFiniteDifferences) {
  auto g = seeded(10);
  EnsembleMlp ensemble(2, 5, 1, {.hidden = {4}, .activation = Activation::kTanh, .layer_norm = true}, g);
  ensemble.to(at::kDouble);
  const auto direction = test::randn({2, 3, 4, 1}, g);
  test::expect_gradients([&](const auto& t) { return (ensemble.forward(t[0], t[1]).output * direction).sum(); },
                         {test::randn({3, 2}, g), test::randn({3, 4, 3}, g)});
}

TEST(EnsembleMlp, NamesWhatDoesNotFit) {
  auto g = seeded(1);
  EnsembleMlp ensemble(2, 5, 1, {}, g);
  test::expect_throws<ShapeError>(
      [&] {
        ensemble.forward(at::zeros({4, 6}));
      },
      "x: want float [B, 5], got float [4, 6]");
  test::expect_throws<ShapeError>(
      [&] {
        ensemble.forward(at::zeros({3, 4, 5}));
      },
      "x: want float [2, B, 5], got float [3, 4, 5]");
  test::expect_throws<ShapeError>(
      [&] {
        ensemble.forward(at::zeros({4, 4}), at::zeros({4, 2, 3}));
      },
      "state: want float [4, 2], got float [4, 4]");
}

}  // namespace
}  // namespace onramp
