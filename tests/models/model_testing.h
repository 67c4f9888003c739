// Small observations and generators for tests of networks.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

#include "onramp/core/generator.h"
#include "onramp/data/observation.h"
#include "onramp/data/spec.h"

namespace onramp::test {

/// A picture "wrist" of 16x16x3, a vector "state" of 3, and privileged "truth" of 2.
inline ObservationSpec picture_and_state() {
  return {.entries = {{.name = "wrist", .dtype = DType::kUint8, .shape = {16, 16, 3}, .low = 0, .high = 255},
                      {.name = "state", .shape = {3}},
                      {.name = "truth", .shape = {2}, .privileged = true}}};
}

inline ObservationSpec state_only(int64_t dim) { return {.entries = {{.name = "state", .shape = {dim}}}}; }

inline at::Generator generator_of(uint64_t seed) {
  auto random = RandomStream(seed, "test").next();
  return make_generator(random);
}

inline at::Tensor normals(at::IntArrayRef sizes, uint64_t seed) {
  return at::randn(sizes, generator_of(seed), at::TensorOptions());
}

inline at::Tensor uniforms(at::IntArrayRef sizes, uint64_t seed) {
  return at::empty(sizes).uniform_(-1, 1, generator_of(seed));
}

inline at::Tensor pictures(int64_t B, uint64_t seed) {
  return at::randint(256, {B, 16, 16, 3}, generator_of(seed), at::TensorOptions(at::kByte));
}

/// Rows of numbers -> float32 [R, C].
inline at::Tensor rows(std::initializer_list<std::vector<float>> values) {
  std::vector<at::Tensor> tensors;
  for (const auto& row : values) tensors.push_back(at::tensor(row));
  return at::stack(tensors);
}

inline void expect_equal(const at::Tensor& a, const at::Tensor& b) { EXPECT_TRUE(at::equal(a, b)) << a << "\n" << b; }

}  // namespace onramp::test
