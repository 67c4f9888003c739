#include "onramp/nn/bias_norm_activate.h"

#include <ATen/Parallel.h>

#include <array>
#include <cmath>
#include <stdexcept>

#include "nn_test_support.h"
#include "onramp/base/error.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::expect_close;
using test::seeded;

// Each way through the kernels: members, rows, units (whole vectors of 8 or 16 and rests), groups of a bias row.
struct Case {
  int64_t E, R, H, G;
  bool norm;
  Activation activation;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const auto& [E, R, H, G] : {std::array<int64_t, 4>{1, 3, 5, 1},
                                   {2, 200, 33, 1},
                                   {3, 130, 16, 13},
                                   {2, 200, 40, 2},
                                   {1, 70, 256, 70},
                                   {2, 66, 7, 33},
                                   {1, 1, 1, 1},
                                   {1, 390, 19, 3}}) {
    for (const bool norm : {false, true}) {
      for (const auto activation : {Activation::kRelu, Activation::kTanh})
        all.push_back({E, R, H, G, norm, activation});
    }
  }
  return all;
}

struct Inputs {
  std::vector<at::Tensor> tensors;  // product, bias, and with LayerNorm its weight and bias
  at::Tensor direction;             // makes a scalar of the output
};

Inputs make_inputs(const Case& c, at::ScalarType dtype) {
  auto g = seeded(7);
  Inputs in;
  in.tensors = {test::randn({c.E, c.R, c.H}, g, dtype), test::randn({c.E, c.G, c.H}, g, dtype)};
  if (c.norm) {
    in.tensors.push_back(test::randn({c.E, c.H}, g, dtype));
    in.tensors.push_back(test::randn({c.E, c.H}, g, dtype));
  }
  for (auto& t : in.tensors) t.requires_grad_(true);
  in.direction = test::randn({c.E, c.R, c.H}, g, dtype);
  return in;
}

at::Tensor run(const Case& c, const std::vector<at::Tensor>& t, bool fused) {
  return bias_norm_activate(t[0], t[1], c.norm ? t[2] : at::Tensor(), c.norm ? t[3] : at::Tensor(), c.activation,
                            fused);
}

void expect_fused_equals_plain(at::ScalarType dtype, double tolerance) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(testing::Message() << "E " << c.E << " R " << c.R << " H " << c.H << " G " << c.G << " norm " << c.norm
                                    << " tanh " << (c.activation == Activation::kTanh));
    const auto in = make_inputs(c, dtype);
    const auto fused = run(c, in.tensors, true), plain = run(c, in.tensors, false);
    expect_close(fused, plain, tolerance);
    const auto d_fused = torch::autograd::grad({(fused * in.direction).sum()}, in.tensors);
    const auto d_plain = torch::autograd::grad({(plain * in.direction).sum()}, in.tensors);
    // A gradient is a sum over up to R rows: its rounding grows with it.
    for (size_t i = 0; i < in.tensors.size(); ++i) expect_close(d_fused[i], d_plain[i], 20 * tolerance);
  }
}

TEST(BiasNormActivate, FusedEqualsPlainInDoublePrecision) { expect_fused_equals_plain(at::kDouble, 1e-12); }

TEST(BiasNormActivate, FusedEqualsPlainInSinglePrecision) {
  // At H = 1 LayerNorm of a single value is 0 / sqrt(eps): differences of rounding are multiplied by 300, still below this.
  expect_fused_equals_plain(at::kFloat, 1e-5);
}

TEST(BiasNormActivate, GradientsMatchFiniteDifferences) {
  for (const bool fused : {true, false}) {
    for (const bool norm : {false, true}) {
      const Case c{2, 6, 5, 3, norm, Activation::kTanh};  // smooth, so that differences are exact
      const auto in = make_inputs(c, at::kDouble);
      test::expect_gradients([&](const auto& t) { return (run(c, t, fused) * in.direction).sum(); }, in.tensors);
    }
  }
}

TEST(BiasNormActivate, MatchesValuesWorkedByHand) {
  // Row (1, 2, 3) + bias (0, 1, 2) = (1, 3, 5): mean 3, variance 8/3, normalised -+1.2247426 (eps 1e-5), 0.
  // times (1, 2, -1) plus (2, -0.5, 0): (0.7752574, -0.5, -1.2247426), after ReLU (0.7752574, 0, 0).
  const auto product = at::tensor({1.0, 2.0, 3.0}).view({1, 1, 3}), bias = at::tensor({0.0, 1.0, 2.0}).view({1, 1, 3});
  const auto weight = at::tensor({1.0, 2.0, -1.0}).view({1, 3}), shift = at::tensor({2.0, -0.5, 0.0}).view({1, 3});
  const auto want = at::tensor({0.7752574, 0.0, 0.0}).view({1, 1, 3});
  for (const bool fused : {true, false}) {
    expect_close(bias_norm_activate(product, bias, weight, shift, Activation::kRelu, fused), want, 1e-6);
  }
}

TEST(BiasNormActivate, KeepsNaNSoThatTheWatchForDivergenceSeesIt) {
  auto product = at::zeros({1, 2, 20}, at::kFloat);
  product[0][1][3] = NAN;
  const auto bias = at::zeros({1, 1, 20}, at::kFloat);
  const auto y = bias_norm_activate(product, bias, {}, {}, Activation::kRelu, true);
  EXPECT_TRUE(y.isnan()[0][1][3].item<bool>());
  EXPECT_EQ(y.isnan().sum().item<int64_t>(), 1);
}

TEST(BiasNormActivate, BitsDoNotDependOnTheNumberOfThreads) {
  const Case c{2, 200, 256, 1, true, Activation::kRelu};
  const auto in = make_inputs(c, at::kFloat);
  const auto gradients = [&] {
    return torch::autograd::grad({(run(c, in.tensors, true) * in.direction).sum()}, in.tensors);
  };
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = gradients();
  at::set_num_threads(2);
  const auto two = gradients();
  at::set_num_threads(threads);
  for (size_t i = 0; i < one.size(); ++i) test::expect_equal_bits(one[i], two[i]);
}

TEST(BiasNormActivate, NamesATensorOfAnotherShape) {
  test::expect_throws<ShapeError>(
      [] {
        bias_norm_activate(at::zeros({2, 3, 4}), at::zeros({1, 1, 4}), {}, {}, Activation::kRelu, true);
      },
      "bias: want float [2, N, 4], got float [1, 1, 4]");
}

TEST(BiasNormActivate, RefusesASecondDerivativeOfTheFusedForm) {
  const Case c{1, 2, 3, 1, true, Activation::kTanh};
  const auto in = make_inputs(c, at::kDouble);
  const auto loss = run(c, in.tensors, true).sum();
  EXPECT_THROW(torch::autograd::grad({loss}, {in.tensors[0]}, {}, true, /*create_graph=*/true), std::logic_error);
}

}  // namespace
}  // namespace onramp
