#include "onramp/losses/td.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "onramp/core/shapes.h"

namespace onramp::losses {

at::Tensor td_target(const at::Tensor& reward, const at::Tensor& discount, const at::Tensor& next_value) {
  check_float("reward", reward, {kAny});
  const auto B = reward.size(0);
  check_float("discount", discount, {B});
  check_float("next_value", next_value, {B});
  return (reward + discount * next_value).detach();  // [B]
}

at::Tensor half_td_mse(const at::Tensor& q, const at::Tensor& target) { return 0.5 * td_mse(q, target); }

at::Tensor td_mse(const at::Tensor& q, const at::Tensor& target) {
  check_float("q", q, {kAny, kAny});
  check_float("target", target, {q.size(1)});
  return (q - target.detach()).square().mean();  // []
}

}  // namespace onramp::losses
