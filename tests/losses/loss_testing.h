// What the tests of the losses share: reference values, comparisons, finite differences.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include <torch/csrc/autograd/autograd.h>

#include "onramp/base/error.h"
#include "onramp/core/shapes.h"
#include "support/expect_throws.h"
#include "support/golden.h"

namespace onramp::test {

inline constexpr double kDoubleTolerance = 1e-9, kSingleTolerance = 1e-5;

/// Rows of numbers -> float64 [R, C].
inline at::Tensor rows(std::initializer_list<std::vector<double>> values) {
  std::vector<at::Tensor> tensors;
  for (const auto& row : values) tensors.push_back(at::tensor(row));
  return at::stack(tensors);
}

inline double tolerance_of(at::ScalarType dtype) { return dtype == at::kDouble ? kDoubleTolerance : kSingleTolerance; }

inline void expect_near(const at::Tensor& got, double want, double tolerance) {
  EXPECT_NEAR(got.item<double>(), want, tolerance * std::max(1.0, std::abs(want)));
}

inline void expect_close(const at::Tensor& got, const at::Tensor& want, double tolerance) {
  ASSERT_EQ(got.sizes(), want.sizes());
  const auto off = (got.to(at::kDouble) - want.to(at::kDouble)).abs().max().item<double>();
  EXPECT_LE(off, tolerance * std::max(1.0, want.to(at::kDouble).abs().max().item<double>())) << got << "\nwant\n"
                                                                                             << want;
}

/// d f / d x by autograd.
inline at::Tensor gradient_of(const std::function<at::Tensor(const at::Tensor&)>& f, const at::Tensor& x) {
  const auto leaf = x.detach().clone().requires_grad_();
  return torch::autograd::grad({f(leaf)}, {leaf}, {}, {}, false, /*allow_unused=*/true)[0];
}

/// Autograd against central differences, in double. REQUIRES: f smooth within `step` of x.
inline void expect_gradient_matches(const std::function<at::Tensor(const at::Tensor&)>& f, const at::Tensor& x) {
  const double step = 1e-5;
  const auto by_autograd = gradient_of(f, x);
  ASSERT_TRUE(by_autograd.defined());
  auto by_differences = at::zeros_like(x);
  for (int64_t i = 0; i < x.numel(); ++i) {
    auto up = x.clone(), down = x.clone();
    up.view(-1)[i] += step;
    down.view(-1)[i] -= step;
    by_differences.view(-1)[i] = (f(up) - f(down)) / (2 * step);
  }
  expect_close(by_autograd, by_differences, 1e-7);  // truncation error of order step^2 = 1e-10, rounding 1e-11
}

/// Normal numbers in double that a seed determines.
inline at::Tensor numbers(at::IntArrayRef sizes, uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  return at::randn(sizes, generator, at::TensorOptions(at::kDouble));
}

/// No gradient reaches `x`: the result does not depend on it as autograd sees it.
inline void expect_no_gradient(const std::function<at::Tensor(const at::Tensor&)>& f, const at::Tensor& x) {
  const auto leaf = x.detach().clone().requires_grad_();
  const auto result = f(leaf);
  if (!result.requires_grad()) return;
  EXPECT_FALSE(torch::autograd::grad({result}, {leaf}, {}, {}, false, true)[0].defined());
}

}  // namespace onramp::test
