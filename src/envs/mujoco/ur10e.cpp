#include "onramp/envs/mujoco/ur10e.h"

#include <algorithm>
#include <cmath>

#include "arm_kinematics.h"
#include "onramp/base/error.h"

namespace onramp::mujoco {
namespace {

constexpr double kLeash_rad = 0.08;  // how far a servo's target may run ahead of its joint, when something blocks it
constexpr double kForceFilter_s = 0.02;

}  // namespace

MujocoArm::MujocoArm(World& world, MujocoArmConfig config, std::array<double, 6> home)
    : world_(world), config_(config), home_(home) {
  const mjModel* m = world_.model();
  for (size_t i = 0; i < 6; ++i) {
    const int joint = world_.id(mjOBJ_JOINT, Ur10eNames::joints[i]);
    qpos_[i] = m->jnt_qposadr[joint];
    dof_[i] = m->jnt_dofadr[joint];
    actuator_[i] = world_.id(mjOBJ_ACTUATOR, Ur10eNames::joints[i]);
  }
  site_ = world_.id(mjOBJ_SITE, Ur10eNames::tcp_site);
  lip_body_ = world_.id(mjOBJ_BODY, Ur10eNames::lip_body);
  suction_ = world_.id(mjOBJ_ACTUATOR, Ur10eNames::suction);
  base_body_ = m->body_parentid[m->jnt_bodyid[world_.id(mjOBJ_JOINT, Ur10eNames::joints[0])]];
  is_tool_geom_.resize(static_cast<size_t>(m->ngeom));
  for (int g = 0; g < m->ngeom; ++g) {
    const int body = m->geom_bodyid[g];
    is_tool_geom_[g] = body == lip_body_ || body == m->body_parentid[lip_body_];
  }
  world_.add(
      {.reset = [this] { reset(); }, .before_step = [this] { before_step(); }, .after_step = [this] { after_step(); }});
  reset();
}

void MujocoArm::reset() {
  mjData* d = world_.data();
  for (int i = 0; i < 6; ++i) {
    d->qpos[qpos_[i]] = target_[i] = d->ctrl[actuator_[i]] = home_[i];
  }
  commands_.clear();
  force_.setZero();
  stopped_ = false;
}

Eigen::Isometry3d MujocoArm::tcp_pose() const { return site_in_body(world_.data(), site_, base_body_); }

Eigen::Matrix<double, 6, 6> MujocoArm::jacobian() {
  mjtNum rows[6 * kMaxDof];
  site_jacobian(world_.model(), world_.data(), site_, rows);
  return columns(world_.model(), rows, dof_);
}

void MujocoArm::command(const Twist& twist, double valid_for_s) {
  commands_.push(twist, world_.now(), valid_for_s, config_);
}

void MujocoArm::stop() { commands_.clear(); }

void MujocoArm::before_step() {
  mjData* d = world_.data();
  const double now = world_.now() + 0.5 * world_.timestep_s();  // ticks are compared with half a step of tolerance
  const Twist& twist = commands_.at(now);
  Vector6 velocity = Vector6::Zero();
  if (!stopped_ && (!twist.linear_m_s.isZero(0) || !twist.angular_rad_s.isZero(0))) {
    Vector6 wanted;
    wanted << twist.linear_m_s, twist.angular_rad_s;
    velocity = damped_least_squares<6>(jacobian(), wanted);
  }
  const mjModel* m = world_.model();
  for (int i = 0; i < 6; ++i) {
    const double q = d->qpos[qpos_[i]];
    target_[i] = std::clamp(target_[i] + velocity[i] * world_.timestep_s(), q - kLeash_rad, q + kLeash_rad);
    // The servo damps absolute velocity; the lead makes up for it, so that the tool does not lag behind its command.
    const int a = actuator_[i];
    const double lead = m->actuator_biasprm[a * mjNBIAS + 2] / m->actuator_biasprm[a * mjNBIAS + 1] * velocity[i];
    d->ctrl[a] = target_[i] + lead;
  }
}

void MujocoArm::after_step() {
  const mjModel* m = world_.model();
  const mjData* d = world_.data();
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  int lip_contacts = 0;
  const auto of_lip = [&](const mjContact& c) {
    return m->geom_bodyid[c.geom[0]] == lip_body_ || m->geom_bodyid[c.geom[1]] == lip_body_;
  };
  for (int i = 0; i < d->ncon; ++i) lip_contacts += of_lip(d->contact[i]);
  for (int i = 0; i < d->ncon; ++i) {
    const mjContact& c = d->contact[i];
    const bool first = is_tool_geom_[c.geom[0]], second = is_tool_geom_[c.geom[1]];
    if (first == second) continue;
    mjtNum f[6] = {};
    mj_contactForce(m, d, i, f);
    if (of_lip(c)) f[0] -= d->actuator_force[suction_] / lip_contacts;  // suction pulls through the same contacts
    const Eigen::Map<const Eigen::Matrix<mjtNum, 3, 3, Eigen::RowMajor>> frame(c.frame);
    const Eigen::Vector3d on_second = frame.transpose() * Eigen::Map<const Eigen::Vector3d>(f);
    sum += second ? on_second : -on_second;
  }
  force_ += std::min(1.0, world_.timestep_s() / kForceFilter_s) * (sum - force_);
  if (force_.norm() > config_.stop_force_N) stopped_ = true;
}

ArmState MujocoArm::read() {
  ArmState state;
  state.X_BaseTcp = tcp_pose();
  Vector6 qd;
  for (int i = 0; i < 6; ++i) qd[i] = world_.data()->qvel[dof_[i]];
  const Vector6 v = jacobian() * qd;
  state.velocity = {v.head<3>(), v.tail<3>()};
  state.f_Tcp_Base_N = force_;
  state.status = stopped_ ? DeviceStatus::kProtectiveStop : DeviceStatus::kOk;
  state.stamp_s = world_.now();
  return state;
}

void MujocoArm::move_to(const Eigen::Isometry3d& X_BaseTcp) {
  mjData* d = world_.data();
  for (int i = 0; i < 6; ++i) d->qpos[qpos_[i]] = home_[i];
  const double error = solve_pose(world_.model(), d, site_, base_body_, qpos_, dof_, X_BaseTcp);
  if (error > 1e-4) throw ResetFailed("UR10e: the start pose cannot be reached; change it in the environment's config");
  for (int i = 0; i < 6; ++i) {
    target_[i] = d->ctrl[actuator_[i]] = d->qpos[qpos_[i]];
    d->qvel[dof_[i]] = 0.0;
  }
  commands_.clear();
  force_.setZero();
  stopped_ = false;
  world_.forward();
}

MujocoVacuumGripper::MujocoVacuumGripper(World& world, MujocoVacuumConfig config)
    : world_(world),
      config_(config),
      lip_body_(world.id(mjOBJ_BODY, Ur10eNames::lip_body)),
      suction_(world.id(mjOBJ_ACTUATOR, Ur10eNames::suction)) {
  world_.add({.reset = [this] { reset(); }, .before_step = [this] { before_step(); }, .after_step = {}});
}

void MujocoVacuumGripper::reset() {
  closing_ = level_ = 0.0;
  world_.data()->ctrl[suction_] = 0.0;
}

void MujocoVacuumGripper::command(double closing) { closing_ = std::clamp(closing, 0.0, 1.0); }

void MujocoVacuumGripper::before_step() {
  const mjModel* m = world_.model();
  mjData* d = world_.data();
  // The seal: most lip points of one body.
  int touched = -1;
  int64_t points = 0, other = 0;
  for (int i = 0; i < d->ncon; ++i) {
    const int first = m->geom_bodyid[d->contact[i].geom[0]], second = m->geom_bodyid[d->contact[i].geom[1]];
    if (first != lip_body_ && second != lip_body_) continue;
    const int body = first == lip_body_ ? second : first;
    if (touched < 0) touched = body;
    (body == touched ? points : other) += 1;
  }
  points = std::max(points, other);
  const bool sealed = points >= config_.seal_points;
  const double goal = closing_ * (sealed ? 1.0 : config_.leak);
  const double time_constant = goal > level_ ? config_.rise_s : config_.fall_s;
  level_ += std::min(1.0, world_.timestep_s() / time_constant) * (goal - level_);
  // A lip that is open on one side hardly pulls: else items would be dragged about by their edges.
  d->ctrl[suction_] = sealed ? level_ : 0.1 * level_;
}

GripperState MujocoVacuumGripper::read() {
  return {.vacuum_Pa = level_ * config_.full_vacuum_Pa, .stamp_s = world_.now()};
}

}  // namespace onramp::mujoco
