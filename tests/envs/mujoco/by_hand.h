// Driving tasks of a Franka at a table by hand.
#pragma once

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "onramp/envs/environment.h"

namespace onramp::mujoco {

/// The first fields of `privileged`, which every task has, and those of what lies on the table.
struct TableTruth {
  explicit TableTruth(const Observation& observation) : values(observation.at("privileged")) {}
  at::Tensor values;
  const float* p = values.const_data_ptr<float>();
  double x() const { return p[0]; }
  double y() const { return p[1]; }
  double z() const { return p[2]; }
  double roll() const { return p[3]; }
  double pitch() const { return p[4]; }
  double yaw() const { return p[5]; }
  double width() const { return p[6]; }
  double force_N() const { return p[7]; }
  double thing_x() const { return p[8]; }
  double thing_y() const { return p[9]; }
  double thing_z() const { return p[10]; }
  double turn() const { return p[11]; }
};

inline at::Tensor nudge(double x, double y, double z, bool close, double yaw = 0.0) {
  auto action = at::zeros({7});
  const double v[] = {x, y, z, 0, 0, yaw};
  for (int i = 0; i < 6; ++i) action[i] = std::clamp(v[i], -1.0, 1.0);
  action[6] = close ? 1.0 : -1.0;
  return action;
}

/// A hand that is led from place to place until the attempt ends.
class LedHand {
 public:
  LedHand(Environment& environment, uint64_t seed) : environment_(environment) { step_.obs = environment_.reset(seed); }
  TableTruth truth() const { return TableTruth(step_.obs); }
  const Step& last() const { return step_; }

  /// Steps towards a place, in the table's frame.
  void go(double x, double y, double z, bool close, int steps) {
    for (int i = 0; i < steps && !step_.end; ++i) {
      const TableTruth t = truth();
      step_ = environment_.step(nudge((x - t.x()) / 0.06, (y - t.y()) / 0.06, (z - t.z()) / 0.06, close));
    }
  }
  /// Where it is.
  void stay(bool close, int steps) {
    const TableTruth t = truth();
    go(t.x(), t.y(), t.z(), close, steps);
  }

 private:
  Environment& environment_;
  Step step_;
};

}  // namespace onramp::mujoco
