#include "onramp/losses/sac.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "onramp/core/shapes.h"

namespace onramp::losses {

at::Tensor sac_actor(const at::Tensor& q, const at::Tensor& log_prob, const at::Tensor& temperature) {
  check_float("q", q, {kAny});
  check_float("log_prob", log_prob, {q.size(0)});
  check_float("temperature", temperature, {});
  return (temperature.detach() * log_prob - q).mean();  // []
}

at::Tensor sac_temperature(const at::Tensor& log_temperature, const at::Tensor& log_prob, double target_entropy) {
  check_float("log_temperature", log_temperature, {});
  check_float("log_prob", log_prob, {kAny});
  return -log_temperature.exp() * (log_prob.detach() + target_entropy).mean();  // []
}

}  // namespace onramp::losses
