// Velocity commands on their way to a simulated arm.
#pragma once

#include <vector>

#include "onramp/envs/devices.h"

namespace onramp::mujoco {

/// Limits and delays of a simulated arm.
struct MujocoArmConfig {
  double max_linear_m_s = 0.5;  ///< the device's own limits
  double max_angular_rad_s = 1.0;
  double stop_force_N = 60.0;  ///< protective stop above this, low-passed over 20 ms
  double latency_s = 0.0;      ///< from command() until it takes effect
};

/// Each command takes effect after the latency and lasts until it runs out or the next takes its place.
class TwistQueue {
 public:
  /// Clips to the arm's own limits, direction kept.
  void push(const Twist& twist, double now_s, double valid_for_s, const MujocoArmConfig& config);
  /// Nothing moves until the next push.
  void clear();
  /// What the arm is to do now; zero without a valid command. Times asked for may not run backwards.
  const Twist& at(double now_s);

 private:
  struct Pending {
    double due_s;
    Twist twist;
    double valid_for_s;
  };
  std::vector<Pending> pending_;
  Twist twist_;
  double valid_until_s_ = 0.0;
};

}  // namespace onramp::mujoco
