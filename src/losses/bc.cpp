#include "onramp/losses/bc.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "onramp/core/shapes.h"

namespace onramp::losses {

at::Tensor bc_mse(const at::Tensor& predicted, const at::Tensor& action) {
  check_float("predicted", predicted, {kAny, kAny});
  check_float("action", action, {predicted.size(0), predicted.size(1)});
  return (predicted - action.detach()).square().sum(-1).mean();  // [B] -> []
}

at::Tensor bc_nll(const at::Tensor& log_prob) {
  check_float("log_prob", log_prob, {kAny});
  return -log_prob.mean();  // []
}

at::Tensor bc_nll(const at::Tensor& log_prob, const at::Tensor& mask) {
  check_float("log_prob", log_prob, {kB, kT});
  check_float("mask", mask, {log_prob.size(0), log_prob.size(1)});
  const auto there = mask.detach() > 0;                           // [B, T]
  return -log_prob.masked_fill(~there, 0.0).sum() / there.sum();  // []
}

}  // namespace onramp::losses
