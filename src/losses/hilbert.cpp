#include "onramp/losses/hilbert.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "onramp/core/shapes.h"

namespace onramp::losses {

at::Tensor hilbert_value(const at::Tensor& phi_s, const at::Tensor& phi_g) {
  check_float("phi_s", phi_s, {kAny, kAny});
  check_float("phi_g", phi_g, {phi_s.size(0), phi_s.size(1)});
  constexpr double kSquaredNormFloor = 1e-6;
  return -(phi_s - phi_g).square().sum(-1).clamp_min(kSquaredNormFloor).sqrt();  // [B]
}

at::Tensor first_occupancy_target(const at::Tensor& next_value, const at::Tensor& reached, double gamma) {
  check_float("next_value", next_value, {kAny});
  check_bool("reached", reached, {next_value.size(0)});
  check_in_range("gamma", gamma, 0.0, 1.0);
  const auto not_reached = reached.logical_not().to(next_value.scalar_type());  // [B]
  return (not_reached * (gamma * next_value - 1)).detach();                     // [B]
}

at::Tensor expectile_mse(const at::Tensor& value, const at::Tensor& target, double expectile) {
  check_float("value", value, {kAny});
  check_float("target", target, {value.size(0)});
  check_positive("expectile", expectile);
  check_positive("1 - expectile", 1 - expectile);
  const auto error = target.detach() - value;                       // [B]
  const auto below = (error.detach() < 0).to(value.scalar_type());  // [B]
  const auto weight = expectile + (1 - 2 * expectile) * below;      // [B] |expectile - 1(u < 0)|
  return (weight * error.square()).mean();                          // []
}

}  // namespace onramp::losses
