// What simulated arms share: pose, Jacobian and velocity of their tool point, the force on it. Internal.
#pragma once

#include <mujoco/mujoco.h>

#include <Eigen/Cholesky>
#include <Eigen/Geometry>

#include <algorithm>
#include <array>

#include "onramp/base/error.h"
#include "onramp/envs/devices.h"
#include "onramp/envs/mujoco/arm_parts.h"
#include "onramp/envs/mujoco/world.h"

namespace onramp::mujoco {

using Vector6 = Eigen::Matrix<double, 6, 1>;

/// Joint step or velocity for a wanted step or velocity of the tool. The damping bounds it near singular poses.
template <int N>
Eigen::Matrix<double, N, 1> damped_least_squares(const Eigen::Matrix<double, 6, N>& J, const Vector6& v) {
  constexpr double kDamping = 0.02;
  Eigen::Matrix<double, 6, 6> A = J * J.transpose();
  A.diagonal().array() += kDamping * kDamping;
  return J.transpose() * A.ldlt().solve(v);
}

/// Pose of a site in the frame of a body, as of the last forward pass.
inline Eigen::Isometry3d site_in_body(const mjData* d, int site, int body) {
  const auto rotation = [](const mjtNum* m) {
    return Eigen::Map<const Eigen::Matrix<mjtNum, 3, 3, Eigen::RowMajor>>(m);
  };
  Eigen::Isometry3d X_WorldSite = Eigen::Isometry3d::Identity(), X_WorldBody = X_WorldSite;
  X_WorldSite.translation() = Eigen::Map<const Eigen::Vector3d>(d->site_xpos + 3 * site);
  X_WorldSite.linear() = rotation(d->site_xmat + 9 * site);
  X_WorldBody.translation() = Eigen::Map<const Eigen::Vector3d>(d->xpos + 3 * body);
  X_WorldBody.linear() = rotation(d->xmat + 9 * body);
  return X_WorldBody.inverse() * X_WorldSite;
}

/// Room for the degrees of freedom of a whole model: the control step allocates nothing.
inline constexpr int kMaxDof = 64;

/// Jacobian of a site: 3 rows linear, 3 rows angular, in world axes, each of the model's nv columns; as of the last forward
/// pass.
inline void site_jacobian(const mjModel* m, const mjData* d, int site, mjtNum (&rows)[6 * kMaxDof]) {
  ONRAMP_CHECK(m->nv <= kMaxDof, "more degrees of freedom than the arm's controller has room for");
  mj_jacSite(m, d, rows, rows + 3 * m->nv, site);
}

/// Looks an arm up in its model.
/// @param joints     in their order from the base; actuators bear their names
/// @param tool_body  the tool; what is fixed to it belongs to it
template <size_t N>
ArmParts<N> find_arm(World& world, const std::array<const char*, N>& joints, const char* tcp_site, int tool_body) {
  const mjModel* m = world.model();
  ArmParts<N> parts;
  for (size_t i = 0; i < N; ++i) {
    const int joint = world.id(mjOBJ_JOINT, joints[i]);
    parts.qpos[i] = m->jnt_qposadr[joint];
    parts.dof[i] = m->jnt_dofadr[joint];
    parts.actuator[i] = world.id(mjOBJ_ACTUATOR, joints[i]);
  }
  parts.site = world.id(mjOBJ_SITE, tcp_site);
  parts.base_body = m->body_parentid[m->jnt_bodyid[world.id(mjOBJ_JOINT, joints[0])]];
  parts.is_tool_geom.resize(static_cast<size_t>(m->ngeom));
  for (int g = 0; g < m->ngeom; ++g) {
    const int body = m->geom_bodyid[g];
    parts.is_tool_geom[g] = body == tool_body || m->body_parentid[body] == tool_body;
  }
  return parts;
}

/// The columns of an arm's joints.
template <size_t N>
Eigen::Matrix<double, 6, static_cast<int>(N)> columns(const mjModel* m, const mjtNum* rows,
                                                      const std::array<int, N>& dofs) {
  Eigen::Matrix<double, 6, static_cast<int>(N)> J;
  for (int row = 0; row < 6; ++row) {
    for (size_t i = 0; i < N; ++i) J(row, static_cast<int>(i)) = rows[row * m->nv + dofs[i]];
  }
  return J;
}

/// Of the tool point by the arm's joints, as of the last forward pass.
template <size_t N>
Eigen::Matrix<double, 6, static_cast<int>(N)> jacobian(const mjModel* m, const mjData* d, const ArmParts<N>& arm) {
  mjtNum rows[6 * kMaxDof];
  site_jacobian(m, d, arm.site, rows);
  return columns(m, rows, arm.dof);
}

template <size_t N>
Eigen::Matrix<double, static_cast<int>(N), 1> joint_velocities(const mjData* d, const ArmParts<N>& arm) {
  Eigen::Matrix<double, static_cast<int>(N), 1> qd;
  for (size_t i = 0; i < N; ++i) qd[static_cast<int>(i)] = d->qvel[arm.dof[i]];
  return qd;
}

/// What presses on the tool, in world axes; 0 where nothing touches it.
/// @param pull_N  of a contact: the part of its normal force that the tool itself pulls with, which is not counted
template <size_t N, class Pull>
Eigen::Vector3d contact_force(const mjModel* m, const mjData* d, const ArmParts<N>& arm, const Pull& pull_N) {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  for (int i = 0; i < d->ncon; ++i) {
    const mjContact& c = d->contact[i];
    const bool first = arm.is_tool_geom[c.geom[0]], second = arm.is_tool_geom[c.geom[1]];
    if (first == second) continue;
    mjtNum f[6] = {};
    mj_contactForce(m, d, i, f);
    f[0] -= pull_N(c);
    const Eigen::Map<const Eigen::Matrix<mjtNum, 3, 3, Eigen::RowMajor>> frame(c.frame);
    const Eigen::Vector3d on_second = frame.transpose() * Eigen::Map<const Eigen::Vector3d>(f);
    sum += second ? on_second : -on_second;
  }
  return sum;
}

/// One step of the low-pass that the protective stop looks at.
inline void filter_force(Eigen::Vector3d& filtered_N, const Eigen::Vector3d& force_N, double timestep_s) {
  constexpr double kFilter_s = 0.02;
  filtered_N += std::min(1.0, timestep_s / kFilter_s) * (force_N - filtered_N);
}

/// All but the set-point.
template <size_t N>
ArmState arm_state(World& world, const ArmParts<N>& arm, const Eigen::Vector3d& force_N, bool stopped) {
  const Vector6 v = jacobian(world.model(), world.data(), arm) * joint_velocities(world.data(), arm);
  ArmState state;
  state.X_BaseTcp = site_in_body(world.data(), arm.site, arm.base_body);
  state.velocity = {v.head<3>(), v.tail<3>()};
  state.f_Tcp_Base_N = force_N;
  state.status = stopped ? DeviceStatus::kProtectiveStop : DeviceStatus::kOk;
  state.stamp_s = world.now();
  return state;
}

/// Joint angles that bring the tool point to a pose, searched for from those in `d`, which it leaves there.
/// @return how far from it they are, metres and radians together
template <size_t N>
double solve_pose(const mjModel* m, mjData* d, const ArmParts<N>& arm, const Eigen::Isometry3d& X_BaseSite) {
  double error = 0.0;
  for (int iteration = 0; iteration < 100; ++iteration) {
    mj_kinematics(m, d);
    mj_comPos(m, d);
    const Eigen::Isometry3d X = site_in_body(d, arm.site, arm.base_body);
    const Eigen::AngleAxisd rotation(X_BaseSite.linear() * X.linear().transpose());
    Vector6 step;
    step << X_BaseSite.translation() - X.translation(), rotation.angle() * rotation.axis();
    error = step.norm();
    if (error < 1e-7) break;
    if (error > 0.3) step *= 0.3 / error;
    const auto dq = damped_least_squares<static_cast<int>(N)>(jacobian(m, d, arm), step);
    for (size_t i = 0; i < N; ++i) d->qpos[arm.qpos[i]] += dq[static_cast<int>(i)];
  }
  return error;
}

}  // namespace onramp::mujoco
