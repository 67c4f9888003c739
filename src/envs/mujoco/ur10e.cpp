#include "onramp/envs/mujoco/ur10e.h"

#include <algorithm>
#include <cmath>

#include "arm_kinematics.h"
#include "onramp/base/error.h"

namespace onramp::mujoco {
namespace {

constexpr double kLeash_rad = 0.08;  // how far a servo's target may run ahead of its joint, when something blocks it

}  // namespace

MujocoArm::MujocoArm(World& world, MujocoArmConfig config, std::array<double, 6> home)
    : world_(world),
      config_(config),
      home_(home),
      lip_body_(world.id(mjOBJ_BODY, Ur10eNames::lip_body)),
      suction_(world.id(mjOBJ_ACTUATOR, Ur10eNames::suction)),
      arm_(find_arm(world, Ur10eNames::joints, Ur10eNames::tcp_site, world.model()->body_parentid[lip_body_])) {
  world_.add(
      {.reset = [this] { reset(); }, .before_step = [this] { before_step(); }, .after_step = [this] { after_step(); }});
  reset();
}

void MujocoArm::reset() {
  mjData* d = world_.data();
  for (int i = 0; i < 6; ++i) {
    d->qpos[arm_.qpos[i]] = target_[i] = d->ctrl[arm_.actuator[i]] = home_[i];
  }
  commands_.clear();
  force_.setZero();
  stopped_ = false;
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
    velocity = damped_least_squares<6>(jacobian(world_.model(), d, arm_), wanted);
  }
  const mjModel* m = world_.model();
  for (int i = 0; i < 6; ++i) {
    const double q = d->qpos[arm_.qpos[i]];
    target_[i] = std::clamp(target_[i] + velocity[i] * world_.timestep_s(), q - kLeash_rad, q + kLeash_rad);
    // The servo damps absolute velocity; the lead makes up for it, so that the tool does not lag behind its command.
    const int a = arm_.actuator[i];
    const double lead = m->actuator_biasprm[a * mjNBIAS + 2] / m->actuator_biasprm[a * mjNBIAS + 1] * velocity[i];
    d->ctrl[a] = target_[i] + lead;
  }
}

void MujocoArm::after_step() {
  const mjModel* m = world_.model();
  const mjData* d = world_.data();
  int lip_contacts = 0;
  const auto of_lip = [&](const mjContact& c) {
    return m->geom_bodyid[c.geom[0]] == lip_body_ || m->geom_bodyid[c.geom[1]] == lip_body_;
  };
  for (int i = 0; i < d->ncon; ++i) lip_contacts += of_lip(d->contact[i]);
  // Suction pulls through the same contacts.
  const auto pull = [&](const mjContact& c) { return of_lip(c) ? d->actuator_force[suction_] / lip_contacts : 0.0; };
  filter_force(force_, contact_force(m, d, arm_, pull), world_.timestep_s());
  if (force_.norm() > config_.stop_force_N) stopped_ = true;
}

ArmState MujocoArm::read() { return arm_state(world_, arm_, force_, stopped_); }

void MujocoArm::move_to(const Eigen::Isometry3d& X_BaseTcp) {
  mjData* d = world_.data();
  for (int i = 0; i < 6; ++i) d->qpos[arm_.qpos[i]] = home_[i];
  const double error = solve_pose(world_.model(), d, arm_, X_BaseTcp);
  if (error > 1e-4) throw ResetFailed("UR10e: the start pose cannot be reached; change it in the environment's config");
  for (int i = 0; i < 6; ++i) {
    target_[i] = d->ctrl[arm_.actuator[i]] = d->qpos[arm_.qpos[i]];
    d->qvel[arm_.dof[i]] = 0.0;
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
