// What is refused before a device hears of it: limits that do not limit, actions that are none.

#include <cmath>

#include "onramp/base/error.h"
#include "onramp/envs/manipulation_environment.h"

namespace onramp {

void check_config(const ManipulationConfig& config) {
  // NaN fails every comparison here.
  const auto want = [](bool good, const char* what) {
    if (!good) throw ConfigError(concat("manipulation limits: ", what));
  };
  const auto& limits = config.limits;
  const auto positive = [](double x) { return x > 0.0 && std::isfinite(x); };
  want(positive(config.control_period_s), "control_period_s: want > 0");
  want(positive(limits.linear_speed_m_s) && limits.linear_speed_m_s <= 1.0, "linear_speed_m_s: want > 0 and <= 1");
  want(positive(limits.angular_speed_rad_s) && limits.angular_speed_rad_s <= 3.2,
       "angular_speed_rad_s: want > 0 and <= 3.2");
  for (const double angle : limits.max_rotation_rad) {
    want(positive(angle) && angle < 1.6, "max_rotation_rad: want > 0 and < 1.6");
  }
  want(positive(limits.max_force_N) && limits.max_force_N <= 150.0, "max_force_N: want > 0 and <= 150");
  want(positive(limits.max_state_age_s), "max_state_age_s: want > 0");
  want(positive(limits.max_image_age_s), "max_image_age_s: want > 0");
  want(limits.frozen_images >= 0, "frozen_images: want >= 0");
  for (size_t i = 0; i < 3; ++i) {
    want(limits.workspace_min_m[i] < limits.workspace_max_m[i], "workspace: want min < max along each axis");
  }
}

void check_action(const at::Tensor& action, int64_t dim) {
  if (!action.defined() || action.scalar_type() != at::kFloat || action.dim() != 1 || action.size(0) != dim ||
      !action.is_contiguous() || !action.device().is_cpu()) {
    throw ActionError(concat("action: want float32 [", dim, "] on the CPU, got ",
                             action.defined() ? concat(action.toString(), " ", action.sizes()) : "nothing"));
  }
  const float* a = action.const_data_ptr<float>();
  for (int64_t i = 0; i < dim; ++i) {
    if (!(std::abs(a[i]) <= 1.0f + 1e-6f)) {  // NaN fails too
      throw ActionError(concat("action[", i, "] = ", a[i], ", want a number in [-1, 1]"));
    }
  }
}

}  // namespace onramp
