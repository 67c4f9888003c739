#include "onramp/envs/mujoco/table_scene.h"

#include <cmath>
#include <utility>

namespace onramp::mujoco {
namespace {

constexpr double kLengthUnit_m = 0.1;  // of what policies see

std::vector<std::string> with_prefix(const std::string& prefix, std::vector<std::string> names) {
  for (auto& name : names) name.insert(0, prefix);
  return names;
}

}  // namespace

FreeBody::FreeBody(World& world, std::string name, const std::array<double, 3>& table_m)
    : world_(world),
      name_(std::move(name)),
      table_m_(table_m),
      body_(world.id(mjOBJ_BODY, name_)),
      qpos_(world.model()->jnt_qposadr[world.model()->body_jntadr[body_]]) {}

void FreeBody::place(double x_m, double y_m, double z_m, double turn_rad) {
  mjtNum* p = pose();
  p[0] = table_m_[0] + x_m;
  p[1] = table_m_[1] + y_m;
  p[2] = table_m_[2] + z_m;
  p[3] = std::cos(turn_rad / 2);
  p[4] = p[5] = 0;
  p[6] = std::sin(turn_rad / 2);
}

void FreeBody::place(const Eigen::Isometry3d& X_TableBody) {
  const Eigen::Quaterniond q(X_TableBody.linear());
  mjtNum* p = pose();
  for (int i = 0; i < 3; ++i) p[i] = table_m_[static_cast<size_t>(i)] + X_TableBody.translation()[i];
  p[3] = q.w();
  p[4] = q.x();
  p[5] = q.y();
  p[6] = q.z();
}

Eigen::Isometry3d FreeBody::X_TableBody() const {
  const mjtNum* p = pose();
  Eigen::Isometry3d X = Eigen::Isometry3d::Identity();
  X.translation() = Eigen::Vector3d(p[0] - table_m_[0], p[1] - table_m_[1], p[2] - table_m_[2]);
  X.linear() = Eigen::Quaterniond(p[3], p[4], p[5], p[6]).toRotationMatrix();
  return X;
}

double FreeBody::turn_rad() const {
  const mjtNum* p = pose();
  return std::atan2(2 * (p[3] * p[6] + p[4] * p[5]), 1 - 2 * (p[5] * p[5] + p[6] * p[6]));
}

std::vector<std::string> FreeBody::privileged_fields() const {
  return with_prefix(name_, {"_x_m", "_y_m", "_z_m", "_turn_rad"});
}

void FreeBody::read_privileged(std::vector<float>& values) const {
  for (const double value : {x_m(), y_m(), z_m(), turn_rad()}) values.push_back(static_cast<float>(value));
}

std::vector<std::string> FreeBody::object_fields() const {
  auto names = with_prefix(name_, {"_x", "_y", "_z", "_qw", "_qx", "_qy", "_qz"});
  for (const char* axis : {"_x", "_y", "_z"}) names.push_back("tool_to_" + name_ + axis);
  return names;
}

void FreeBody::read_object(const Signals& signals, std::vector<float>& values) const {
  const mjtNum* p = pose();
  const double sign = p[3] < 0 ? -1.0 : 1.0;  // of two quaternions of a rotation always the same
  for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>((p[i] - table_m_[i]) / kLengthUnit_m));
  for (int i = 3; i < 7; ++i) values.push_back(static_cast<float>(sign * p[i]));
  const auto& tool = signals.arm.X_BaseTcp.translation();
  for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>((p[i] - tool[i]) / kLengthUnit_m));
}

}  // namespace onramp::mujoco
