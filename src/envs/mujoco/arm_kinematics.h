// What simulated arms share: pose and Jacobian of their tool point. Internal.
#pragma once

#include <mujoco/mujoco.h>

#include <Eigen/Cholesky>
#include <Eigen/Geometry>

#include <array>

#include "onramp/base/error.h"
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

/// Joint angles that bring a site to a pose, searched for from those in `d`, which it leaves there.
/// @return how far from it they are, metres and radians together
template <size_t N>
double solve_pose(const mjModel* m, mjData* d, int site, int base_body, const std::array<int, N>& qpos,
                  const std::array<int, N>& dofs, const Eigen::Isometry3d& X_BaseSite) {
  double error = 0.0;
  for (int iteration = 0; iteration < 100; ++iteration) {
    mj_kinematics(m, d);
    mj_comPos(m, d);
    const Eigen::Isometry3d X = site_in_body(d, site, base_body);
    const Eigen::AngleAxisd rotation(X_BaseSite.linear() * X.linear().transpose());
    Vector6 step;
    step << X_BaseSite.translation() - X.translation(), rotation.angle() * rotation.axis();
    error = step.norm();
    if (error < 1e-7) break;
    if (error > 0.3) step *= 0.3 / error;
    mjtNum rows[6 * kMaxDof];
    site_jacobian(m, d, site, rows);
    const auto dq = damped_least_squares<static_cast<int>(N)>(columns(m, rows, dofs), step);
    for (size_t i = 0; i < N; ++i) d->qpos[qpos[i]] += dq[static_cast<int>(i)];
  }
  return error;
}

}  // namespace onramp::mujoco
