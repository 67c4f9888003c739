#include "onramp/nn/batch_renorm.h"

#include <cmath>
#include <functional>

#include "nn_test_support.h"
#include "onramp/base/error.h"
#include "onramp/nn/ensemble_mlp.h"
#include "onramp/nn/state.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_close;
using test::expect_equal_bits;
using test::seeded;

at::Tensor column(std::vector<float> values) { return at::tensor(values).reshape({1, -1, 1}); }  // [E = 1, R, H = 1]

at::Tensor buffer(const torch::nn::Module& module, const std::string& name) {
  return module.named_buffers()[name].clone();
}

// mean 2, variance 1, std sqrt(1.001)
TEST(BatchRenorm, IsPlainBatchNormalisationDuringTheWarmUp) {
  BatchRenorm norm(1, 1, {.warmup_updates = 10});
  expect_close(norm.of_batch(column({1, 3}))(column({1, 3})), column({-0.9995004F, 0.9995004F}), 1e-6);
  EXPECT_NEAR(buffer(norm, "running_mean").item<float>(), 0.02, 1e-7);     // 0.01 * 2
  EXPECT_NEAR(buffer(norm, "running_variance").item<float>(), 1.0, 1e-6);  // 0.99 * 1 + 0.01 * 1
  EXPECT_EQ(buffer(norm, "updates").item<int64_t>(), 1);
}

// mean 10, variance 100; running 0 and 1: r = 9.995 of at most 3, d = 9.995 of at most 5.
//   (x - 10) / sqrt(100.001) * 3 + 5
TEST(BatchRenorm, CorrectsTowardsTheRunningStatisticsWithinItsBounds) {
  const auto x = column({0, 20});
  const auto y = [&](const BatchRenormConfig& config) {
    BatchRenorm norm(1, 1, config);
    return norm.of_batch(x)(x);
  };
  expect_close(y({.warmup_updates = 0}), column({2.000015F, 7.999985F}), 1e-6);
  expect_close(y({.warmup_updates = 0, .max_scale = 1, .max_shift = 0}), column({-0.999995F, 0.999995F}), 1e-6);
  // Without bounds what is left are the running statistics: x / sqrt(1.001).
  expect_close(y({.warmup_updates = 0, .max_scale = 100, .max_shift = 100}), column({0.0F, 19.990007F}), 1e-5);
  expect_close(y({.warmup_updates = 1}), column({-0.999995F, 0.999995F}), 1e-6);
}

TEST(BatchRenorm, DecaySaysHowFastTheRunningStatisticsMove) {
  BatchRenorm norm(1, 1, {.decay = 0.5});
  norm.of_batch(column({0, 20}));
  EXPECT_NEAR(buffer(norm, "running_mean").item<float>(), 5.0, 1e-6);
  EXPECT_NEAR(buffer(norm, "running_variance").item<float>(), 50.5, 1e-5);
}

TEST(BatchRenorm, RunningStatisticsNormaliseAndStayAsTheyAre) {
  BatchRenorm norm(1, 1, {.decay = 0.0});
  norm.of_batch(column({1, 5}));  // mean 3, variance 4
  const auto mean = buffer(norm, "running_mean"), variance = buffer(norm, "running_variance");
  expect_close(norm.of_running()(column({7})), column({1.9997501F}), 1e-6);  // 4 / sqrt(4.001)
  expect_equal_bits(buffer(norm, "running_mean"), mean);
  expect_equal_bits(buffer(norm, "running_variance"), variance);
  EXPECT_EQ(buffer(norm, "updates").item<int64_t>(), 1);
}

TEST(BatchRenorm, AGradientThroughTheRunningStatisticsOutlivesALaterTrainingPass) {
  BatchRenorm norm(1, 1, {});
  const auto loss = norm.of_running()(column({7})).sum();
  norm.of_batch(column({1, 5}));
  EXPECT_NO_THROW(torch::autograd::grad({loss}, norm.parameters()));
}

class BatchRenormOf : public ::testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(Members, BatchRenormOf, ::testing::Values(1, 2, 10));

TEST_P(BatchRenormOf, RowsThatAllMembersShareCountOnceForEach) {
  const auto E = GetParam();
  auto g = seeded(1);
  const auto x = test::randn({7, 3}, g, at::kFloat);
  BatchRenorm shared(E, 3, {}), own(E, 3, {});
  expect_close(shared.of_batch(x)(x), own.of_batch(x.expand({E, 7, 3}))(x.expand({E, 7, 3})), 1e-6);
  expect_close(buffer(shared, "running_mean"), buffer(own, "running_mean"), 1e-6);
  expect_close(buffer(shared, "running_variance"), buffer(own, "running_variance"), 1e-6);
}

// In the warm-up, and where both corrections lie at their bounds, r and d do not depend on the rows.
TEST_P(BatchRenormOf, GradientsMatchFiniteDifferences) {
  for (const int64_t warmup : {100000, 0}) {
    // decay 1: the running statistics stay far away, however often f is asked.
    BatchRenorm norm(GetParam(), 3, {.decay = 1, .warmup_updates = warmup, .max_scale = 1.5, .max_shift = 0.5});
    norm.to(at::kDouble);
    auto g = seeded(2);
    const auto direction = test::randn({GetParam(), 5, 3}, g);
    const auto x = 20 + 10 * test::randn({GetParam(), 5, 3}, g);
    const auto f = [&](const auto& t) { return (norm.of_batch(t[0])(t[0]).tanh() * direction).sum(); };
    test::expect_gradients(f, {x});
    const auto parameters = norm.parameters();
    for (const auto& gradient : torch::autograd::grad({f(std::vector{x})}, parameters)) {
      EXPECT_GT(gradient.abs().min().item<double>(), 0.0);
    }
  }
}

// Warm and within its bounds: y = (x - mean) / std * r + d with r and d constants. Were they differentiated, batch mean and
// variance would cancel and the gradient would be that of x / sqrt(1.001).
TEST_P(BatchRenormOf, WithinItsBoundsCorrectionsAreConstantsOfTheGradient) {
  const auto E = GetParam();
  BatchRenorm norm(E, 3, {.decay = 1, .warmup_updates = 0, .max_scale = 100, .max_shift = 100});  // running: 0 and 1
  norm.to(at::kDouble);
  auto g = seeded(11);
  const auto direction = test::randn({E, 5, 3}, g);
  const auto x = (2 + 3 * test::randn({E, 5, 3}, g)).requires_grad_(true);
  const auto mean = x.mean(1, true), batch_std = ((x - mean).square().mean(1, true) + 1e-3).sqrt();
  const double running_std = std::sqrt(1.001);
  const auto r = batch_std.detach() / running_std, d = mean.detach() / running_std;
  ASSERT_LT(r.max().item<double>(), 100.0);
  ASSERT_LT(d.abs().max().item<double>(), 100.0);
  const auto gradient = [&](const at::Tensor& y) { return torch::autograd::grad({(y * direction).sum()}, {x})[0]; };
  const auto y = norm.of_batch(x)(x);
  expect_close(y, x / running_std, 1e-12);
  const auto got = gradient(y);
  expect_close(got, gradient((x - mean) / batch_std * r + d), 1e-12);
  EXPECT_GT((got - gradient(x / running_std)).abs().max().item<double>(), 0.1);
}

TEST(BatchRenorm, NamesRowsOfAnotherWidth) {
  BatchRenorm norm(2, 3, {});
  test::expect_throws<ShapeError>([&] { norm.of_batch(at::zeros({4, 5})); }, "x: want float [B, 3], got float [4, 5]");
  test::expect_throws<ShapeError>(
      [&] {
        norm.of_batch(at::zeros({1, 4, 3}));
      },
      "x: want float [2, B, 3], got float [1, 4, 3]");
}

// ---- in an ensemble ----

std::map<std::string, at::Tensor> buffers_of(const torch::nn::Module& module) {
  std::map<std::string, at::Tensor> buffers;
  for (const auto& item : module.named_buffers()) buffers[item.key()] = item.value().clone();
  return buffers;
}

void expect_same(const std::map<std::string, at::Tensor>& a, const std::map<std::string, at::Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, value] : a) EXPECT_TRUE(at::equal(value, b.at(name))) << name;
}

std::shared_ptr<EnsembleMlp> renormed(int64_t members, const BatchRenormConfig& config = {}) {
  auto g = seeded(3);
  return std::make_shared<EnsembleMlp>(members, 7, 2, MlpConfig{.hidden = {16, 9}, .activation = Activation::kTanh}, g,
                                       config);
}

TEST_P(BatchRenormOf, OnlyATrainingPassMovesTheStatisticsOfAnEnsemble) {
  const auto mlp = renormed(GetParam());
  auto g = seeded(4);
  const auto x = test::randn({6, 7}, g, at::kFloat), state = x.narrow(1, 0, 4).contiguous();
  const auto before = buffers_of(*mlp);
  EXPECT_EQ(before.size(), 3U * 3);  // input and two hidden layers
  BatchStatistics made;
  mlp->forward(x);
  mlp->forward(state, test::randn({6, 5, 3}, g, at::kFloat));
  expect_same(buffers_of(*mlp), before);
  mlp->forward_batch(x, made);
  const auto after = buffers_of(*mlp);
  for (const auto& [name, value] : before) EXPECT_FALSE(at::equal(value, after.at(name))) << name;
  mlp->forward(state, test::randn({6, 5, 3}, g, at::kFloat), &made);
  expect_same(buffers_of(*mlp), after);
}

TEST_P(BatchRenormOf, SampledActionsFollowThroughTheStatisticsOfTheBatch) {
  const auto E = GetParam();
  const auto mlp = renormed(E);
  mlp->to(at::kDouble);
  auto g = seeded(5);
  const auto state = test::randn({6, 4}, g), action = test::randn({6, 3}, g);
  BatchStatistics made;
  const auto batch = mlp->forward_batch(at::cat({state, action}, 1), made);
  const auto same = mlp->forward(state, action.unsqueeze(1), &made);  // the batch's own rows once more
  expect_close(same.output.squeeze(2), batch.output, 1e-12);
  expect_close(same.features.squeeze(2), batch.features, 1e-12);
  EXPECT_GT((mlp->forward(state, action).output - batch.output).abs().max().item<double>(), 1e-3);
}

TEST_P(BatchRenormOf, SplitInputEqualsTheConcatenationByRunningStatistics) {
  const auto mlp = renormed(GetParam(), {.decay = 0.5});
  mlp->to(at::kDouble);
  auto g = seeded(6);
  BatchStatistics made;
  mlp->forward_batch(3 + 2 * test::randn({20, 7}, g), made);
  const auto state = test::randn({6, 4}, g), many = test::randn({6, 5, 3}, g);
  const auto joined = at::cat({state.unsqueeze(1).expand({6, 5, 4}), many}, 2).reshape({30, 7});
  expect_close(mlp->forward(state, many).output, mlp->forward(joined).output.view({GetParam(), 6, 5, 2}), 1e-12);
}

TEST_P(BatchRenormOf, GradientsOfAnEnsembleMatchFiniteDifferencesAlsoThroughTheStatistics) {
  const auto mlp = renormed(GetParam());
  mlp->to(at::kDouble);
  auto g = seeded(7);
  const auto direction = test::randn({GetParam(), 5, 2}, g), other = test::randn({GetParam(), 5, 4, 2}, g);
  const auto f = [&](const auto& t) {
    BatchStatistics made;
    const auto batch = mlp->forward_batch(at::cat({t[0], t[1]}, 1), made).output;
    return (batch * direction).sum() + (mlp->forward(t[0], t[2], &made).output * other).sum();
  };
  test::expect_gradients(f, {test::randn({5, 4}, g), test::randn({5, 3}, g), test::randn({5, 4, 3}, g)});
}

TEST(EnsembleMlp, FeaturesAreWhatTheOutputLayerSees) {
  const auto mlp = renormed(2);
  auto g = seeded(8);
  BatchStatistics made;
  const auto out = mlp->forward_batch(test::randn({6, 7}, g, at::kFloat), made);
  const auto p = mlp->named_parameters();
  expect_close(at::bmm(out.features, p["weight_out"]) + p["bias_out"].unsqueeze(1), out.output, 1e-6);
}

TEST(EnsembleMlp, WithoutBatchNormATrainingPassIsAnyPass) {
  auto g = seeded(9);
  EnsembleMlp mlp(2, 7, 2, {.hidden = {16}}, g);
  EXPECT_TRUE(mlp.named_buffers().is_empty());
  BatchStatistics made{{}};
  const auto state = test::randn({6, 4}, g, at::kFloat), action = test::randn({6, 3}, g, at::kFloat);
  expect_equal_bits(mlp.forward_batch(at::cat({state, action}, 1), made).output, mlp.forward(state, action).output);
  EXPECT_TRUE(made.empty());
  const auto many = action.unsqueeze(1);
  expect_equal_bits(mlp.forward(state, many, &made).output, mlp.forward(state, many).output);
}

TEST(EnsembleMlp, KeepsItsRunningStatisticsInItsPart) {
  const auto mlp = renormed(2), fresh = renormed(2);
  auto g = seeded(10);
  const auto x = test::randn({6, 7}, g, at::kFloat);
  BatchStatistics made;
  mlp->forward_batch(x, made);
  PartState state;
  save_module(state, *mlp);
  load_module(state, *fresh);
  expect_same(buffers_of(*fresh), buffers_of(*mlp));
  expect_equal_bits(fresh->forward(x).output, mlp->forward(x).output);
}

}  // namespace
}  // namespace onramp
