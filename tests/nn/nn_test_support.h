// What the tests of nn share: generators, comparisons, finite differences.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <vector>

namespace onramp::test {

inline at::Generator seeded(uint64_t seed) { return at::detail::createCPUGenerator(seed); }

inline at::Tensor randn(at::IntArrayRef sizes, at::Generator& generator, at::ScalarType dtype = at::kDouble) {
  return at::empty(sizes, dtype).normal_(0.0, 1.0, generator);
}

/// |got - want| <= tolerance * max(1, |want|) at every place.
inline void expect_close(const at::Tensor& got, const at::Tensor& want, double tolerance) {
  ASSERT_EQ(got.sizes(), want.sizes());
  const auto a = got.detach().to(at::kDouble), b = want.detach().to(at::kDouble);
  ASSERT_TRUE(a.isfinite().all().item<bool>());
  if (a.numel() == 0) return;
  const double worst = ((a - b).abs() / b.abs().clamp_min(1.0)).max().item<double>();
  EXPECT_LE(worst, tolerance);
}

inline void expect_equal_bits(const at::Tensor& got, const at::Tensor& want) { EXPECT_TRUE(at::equal(got, want)); }

/// Compares autograd with central differences of step 1e-6 at every place of every input (double, small).
/// Relative error of the differences is about 1e-8; a wrong term shows at 1e-2.
inline void expect_gradients(const std::function<at::Tensor(const std::vector<at::Tensor>&)>& f,
                             std::vector<at::Tensor> inputs) {
  for (auto& input : inputs) input = input.detach().clone().requires_grad_(true);
  const auto gradients = torch::autograd::grad({f(inputs)}, inputs);
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < inputs.size(); ++i) {
    auto flat = inputs[i].detach().view({-1});
    auto numeric = at::zeros_like(flat);
    for (int64_t k = 0; k < flat.numel(); ++k) {
      const double value = flat[k].item<double>();
      flat[k].fill_(value + 1e-6);
      const double above = f(inputs).item<double>();
      flat[k].fill_(value - 1e-6);
      const double below = f(inputs).item<double>();
      flat[k].fill_(value);
      numeric[k].fill_((above - below) / 2e-6);
    }
    SCOPED_TRACE("input " + std::to_string(i));
    expect_close(gradients[i].reshape({-1}), numeric, 1e-6);
  }
}

}  // namespace onramp::test
