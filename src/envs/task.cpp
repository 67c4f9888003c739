#include "onramp/envs/task.h"

namespace onramp {

Eigen::Isometry3d tool_down_at(const Eigen::Vector3d& p_Base_m) {
  Eigen::Isometry3d pose = Eigen::Isometry3d::Identity();
  pose.linear() = Eigen::Vector3d(1, -1, -1).asDiagonal();
  pose.translation() = p_Base_m;
  return pose;
}

Eigen::Isometry3d tool_down_above(const std::array<double, 3>& p_Base_m, double height_m, double spread_m,
                                  Rng& random) {
  const double s = spread_m;
  const Eigen::Vector3d offset(random.uniform(-s, s), random.uniform(-s, s), height_m + random.uniform(-s, s));
  return tool_down_at(Eigen::Vector3d(p_Base_m[0], p_Base_m[1], p_Base_m[2]) + offset);
}

}  // namespace onramp
