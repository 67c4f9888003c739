#include "onramp/nn/lstm.h"

#include <ATen/Context.h>
#include <fmt/format.h>

#include <cmath>

#include "nn_test_support.h"
#include "onramp/base/error.h"
#include "onramp/nn/state.h"
#include "support/expect_throws.h"
#include "support/golden.h"

namespace onramp {
namespace {

using test::expect_close;
using test::expect_gradients;
using test::expect_throws;
using test::randn;
using test::seeded;
using test::tensor_of;

Lstm make(int64_t in = 3, int64_t units = 4, int64_t layers = 2, uint64_t seed = 1) {
  auto g = seeded(seed);
  return {in, units, layers, g};
}

TEST(Lstm, MatchesReferenceValues) {
  const auto c = test::golden_case("lstm", "lstm");
  for (const auto& [dtype, tolerance] : {std::pair{at::kDouble, 1e-9}, std::pair{at::kFloat, 1e-5}}) {
    const test::GoldenInputs in(c, dtype);
    auto lstm = make(2, 2, 2);
    lstm.to(dtype);
    {
      const at::NoGradGuard no_gradient;
      for (auto& item : lstm.named_parameters()) item.value().copy_(in[item.key()]);
    }
    const auto result = lstm.forward(in["x"], {.h = in["h"], .c = in["c"]});
    expect_close(result.out, tensor_of(c["out"]["out"]), tolerance);
    expect_close(result.state.h, tensor_of(c["out"]["h"]), tolerance);
    expect_close(result.state.c, tensor_of(c["out"]["c"]), tolerance);
  }
}

TEST(Lstm, StepByStepIsWhatItIsAtOnce) {
  auto lstm = make();
  lstm.to(at::kDouble);
  auto g = seeded(2);
  const auto x = randn({5, 7, 3}, g);
  const auto whole = lstm.forward(x, lstm.initial_state(5));
  auto state = lstm.initial_state(5);
  for (int64_t t = 0; t < 7; ++t) {
    auto step = lstm.forward(x.narrow(1, t, 1), state);
    expect_close(step.out.squeeze(1), whole.out.select(1, t), 1e-12);
    state = step.state;
  }
  expect_close(state.h, whole.state.h, 1e-12);
  expect_close(state.c, whole.state.c, 1e-12);
}

TEST(Lstm, GradientsMatchFiniteDifferencesThroughTime) {
  auto lstm = make(2, 2, 2);
  lstm.to(at::kDouble);
  auto g = seeded(3);
  const auto weight = randn({2, 3, 2}, g);  // so that each place of what comes out counts in its own way
  expect_gradients([&](const auto& in) { return (lstm.forward(in[0], {.h = in[1], .c = in[2]}).out * weight).sum(); },
                   {randn({2, 3, 2}, g), randn({2, 2, 2}, g), randn({2, 2, 2}, g)});
}

// PyTorch's default: uniform in +-1 / sqrt(F), whatever the layer's input.
TEST(Lstm, BeginsWithWeightsOfItsOwnGenerator) {
  const auto before = at::globalContext().defaultGenerator(at::kCPU).get_state();
  const auto lstm = make(100, 25, 2);
  EXPECT_TRUE(at::equal(at::globalContext().defaultGenerator(at::kCPU).get_state(), before));
  for (const auto& item : lstm.named_parameters()) {
    const auto largest = item.value().abs().max().item<double>();
    EXPECT_LE(largest, 0.2) << item.key();
    EXPECT_GT(largest, 0.18) << item.key();  // of 100 and more numbers: below with (0.9)^100 = 3e-5
  }
  const auto same = make(100, 25, 2), other = make(100, 25, 2, 2);
  for (const auto& item : lstm.named_parameters()) {
    test::expect_equal_bits(same.named_parameters()[item.key()], item.value());
    EXPECT_FALSE(at::equal(other.named_parameters()[item.key()], item.value())) << item.key();
  }
  EXPECT_EQ(count_parameters(lstm), 4 * 25 * (100 + 25 + 2) + 4 * 25 * (25 + 25 + 2));
}

TEST(Lstm, NamesWhatDoesNotFit) {
  auto lstm = make();
  expect_throws<ShapeError>(
      [&] {
        lstm.forward(at::zeros({2, 5}), lstm.initial_state(2));
      },
      "Lstm: x: want float [B, T, 3], got float [2, 5]");
  expect_throws<ShapeError>(
      [&] {
        lstm.forward(at::zeros({2, 5, 3}), lstm.initial_state(1));
      },
      "Lstm: h: want float [2, 2, 4], got float [2, 1, 4]");
}

}  // namespace
}  // namespace onramp
