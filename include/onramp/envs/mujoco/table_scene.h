// What scenes on a table are made of: things that lie about, and who tells whether they lie as they should.
#pragma once

#include <Eigen/Geometry>

#include <array>
#include <string>
#include <vector>

#include "onramp/base/random.h"
#include "onramp/envs/mujoco/world.h"
#include "onramp/envs/task.h"

namespace onramp::mujoco {

/// Places things anew at each reset, and tells from their state whether the task is done.
class TableScene : public Scene, public SuccessSource {};

/// A body of the model that moves freely. Positions are in the table's frame: its origin the middle of the table's top, its axes
/// those of the world, which must be those of the arm's base frame.
class FreeBody {
 public:
  /// @param name     of the body, and the first part of its fields' names
  /// @param table_m  the table's frame in the world
  FreeBody(World& world, std::string name, const std::array<double, 3>& table_m);

  /// Upright and turned about the vertical. At rest, when called after World::reset().
  void place(double x_m, double y_m, double z_m, double turn_rad);
  void place(const Eigen::Isometry3d& X_TableBody);
  Eigen::Isometry3d X_TableBody() const;
  double x_m() const { return pose()[0] - table_m_[0]; }
  double y_m() const { return pose()[1] - table_m_[1]; }
  double z_m() const { return pose()[2] - table_m_[2]; }
  double turn_rad() const;  ///< about the vertical
  int id() const { return body_; }

  static constexpr int64_t kPrivilegedFields = 4;
  /// x_m, y_m, z_m, turn_rad
  std::vector<std::string> privileged_fields() const;
  void read_privileged(std::vector<float>& values) const;
  /// What policies may see: position, quaternion (w x y z, w >= 0), position relative to the tool; lengths in units of 0.1 m.
  std::vector<std::string> object_fields() const;
  void read_object(const Signals& signals, std::vector<float>& values) const;

 private:
  mjtNum* pose() const { return world_.data()->qpos + qpos_; }  // x y z, w x y z, in the world

  World& world_;
  const std::string name_;
  const std::array<double, 3> table_m_;
  const int body_, qpos_;
};

}  // namespace onramp::mujoco
