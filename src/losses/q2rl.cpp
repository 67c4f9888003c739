#include "onramp/losses/q2rl.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "onramp/core/shapes.h"

namespace onramp::losses {

at::Tensor value_mse(const at::Tensor& value, const at::Tensor& mc_return) {
  check_float("value", value, {kAny});
  check_float("mc_return", mc_return, {value.size(0)});
  return (value - mc_return.detach()).square().mean();  // []
}

at::Tensor estimated_q(const at::Tensor& value, const at::Tensor& log_prob, const at::Tensor& entropy, double alpha) {
  check_float("value", value, {kAny});
  const auto B = value.size(0);
  check_float("log_prob", log_prob, {B});
  check_float("entropy", entropy, {B});
  check_non_negative("alpha", alpha);
  return (value + alpha * (log_prob + entropy)).detach();  // [B]
}

at::Tensor q_gate(const at::Tensor& q_bc, const at::Tensor& q_rl) {
  check_float("q_bc", q_bc, {kAny});
  check_float("q_rl", q_rl, {q_bc.size(0)});
  return q_bc > q_rl;  // [B]
}

at::Tensor soft_q_gate(const at::Tensor& q_bc, const at::Tensor& q_rl, double beta) {
  check_float("q_bc", q_bc, {kAny});
  check_float("q_rl", q_rl, {q_bc.size(0)});
  check_positive("beta", beta);
  return (beta * (q_bc - q_rl)).sigmoid().detach();  // [B]
}

at::Tensor bc_regularized_actor(const at::Tensor& policy_loss, const at::Tensor& log_prob_bc, double weight) {
  check_float("policy_loss", policy_loss, {});
  check_float("log_prob_bc", log_prob_bc, {kAny});
  check_in_range("weight", weight, 0.0, 1.0);
  return (1.0 - weight) * policy_loss - weight * log_prob_bc.mean();  // []
}

}  // namespace onramp::losses
