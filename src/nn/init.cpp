#include "onramp/nn/init.h"

#include <ATen/Functions.h>

#include <cmath>

namespace onramp {

at::Tensor uniform_fan_in(at::IntArrayRef sizes, int64_t fan_in, at::Generator& generator) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(fan_in));
  return at::empty(sizes, at::kFloat).uniform_(-bound, bound, generator);
}

at::Tensor normal_he(at::IntArrayRef sizes, int64_t fan_in, at::Generator& generator) {
  return at::empty(sizes, at::kFloat).normal_(0.0, std::sqrt(2.0 / static_cast<double>(fan_in)), generator);
}

}  // namespace onramp
