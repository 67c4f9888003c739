#include "onramp/envs/mujoco/franka.h"

#include <Eigen/LU>

#include <algorithm>
#include <cmath>

#include "arm_kinematics.h"
#include "onramp/base/error.h"

namespace onramp::mujoco {
namespace {

using Vector7 = Eigen::Matrix<double, 7, 1>;
using Matrix67 = Eigen::Matrix<double, 6, 7>;

Vector6 join(const std::array<double, 3>& linear, const std::array<double, 3>& angular) {
  Vector6 v;
  v << linear[0], linear[1], linear[2], angular[0], angular[1], angular[2];
  return v;
}

/// From one pose to another: translation, and rotation vector in the base frame.
Vector6 between(const Eigen::Isometry3d& from, const Eigen::Isometry3d& to) {
  const Eigen::AngleAxisd rotation(to.linear() * from.linear().transpose());
  Vector6 v;
  v << to.translation() - from.translation(), rotation.angle() * rotation.axis();
  return v;
}

Eigen::Vector3d at_most(const Eigen::Vector3d& v, double length) {
  const double norm = v.norm();
  return norm > length ? Eigen::Vector3d(v * (length / norm)) : v;
}

Eigen::Quaterniond rotation_of(const Eigen::Vector3d& vector) {
  const double angle = vector.norm();
  return angle > 0 ? Eigen::Quaterniond(Eigen::AngleAxisd(angle, vector / angle)) : Eigen::Quaterniond::Identity();
}

}  // namespace

MujocoFrankaArm::MujocoFrankaArm(World& world, MujocoArmConfig config, ImpedanceConfig impedance,
                                 std::array<double, 7> home)
    : world_(world),
      config_(config),
      impedance_(impedance),
      home_(home),
      arm_(find_arm(world, FrankaNames::joints, FrankaNames::tcp_site, world.id(mjOBJ_BODY, FrankaNames::hand_body))) {
  world_.add(
      {.reset = [this] { reset(); }, .before_step = [this] { before_step(); }, .after_step = [this] { after_step(); }});
  reset();
}

void MujocoFrankaArm::reset() {
  for (int i = 0; i < 7; ++i) {
    world_.data()->qpos[arm_.qpos[i]] = home_[i];
    world_.data()->ctrl[arm_.actuator[i]] = 0.0;
  }
  world_.forward();
  hold_here();
  force_.setZero();
  stopped_ = false;
}

Eigen::Isometry3d MujocoFrankaArm::tcp_pose() const { return site_in_body(world_.data(), arm_.site, arm_.base_body); }

Eigen::Isometry3d MujocoFrankaArm::target_pose() const {
  Eigen::Isometry3d X = Eigen::Isometry3d::Identity();
  X.translation() = target_position_m_;
  X.linear() = target_rotation_.toRotationMatrix();
  return X;
}

void MujocoFrankaArm::hold_here() {
  commands_.clear();
  const Eigen::Isometry3d X = tcp_pose();
  target_position_m_ = X.translation();
  target_rotation_ = Eigen::Quaterniond(X.linear());
}

void MujocoFrankaArm::command(const Twist& twist, double valid_for_s) {
  commands_.push(twist, world_.now(), valid_for_s, config_);
}

void MujocoFrankaArm::stop() { hold_here(); }

Vector6 MujocoFrankaArm::move_target(const Twist& twist) {
  const double dt = world_.timestep_s();
  const Eigen::Isometry3d before = target_pose();
  target_position_m_ += dt * twist.linear_m_s;
  target_rotation_ = (rotation_of(dt * twist.angular_rad_s) * target_rotation_).normalized();
  // No farther ahead of the tool than its leash, when something blocks it.
  const Eigen::Isometry3d X = tcp_pose();
  const Vector6 lead = between(X, target_pose());
  if (lead.head<3>().norm() > impedance_.lead_m) {
    target_position_m_ = X.translation() + at_most(lead.head<3>(), impedance_.lead_m);
  }
  if (lead.tail<3>().norm() > impedance_.lead_rad) {
    target_rotation_ = rotation_of(at_most(lead.tail<3>(), impedance_.lead_rad)) * Eigen::Quaterniond(X.linear());
  }
  return between(before, target_pose()) / dt;
}

void MujocoFrankaArm::before_step() {
  const mjModel* m = world_.model();
  mjData* d = world_.data();
  const double now = world_.now() + 0.5 * world_.timestep_s();  // ticks are compared with half a step of tolerance
  const Vector6 wanted = move_target(stopped_ ? Twist{} : commands_.at(now));

  mjtNum rows[6 * kMaxDof], solved[6 * kMaxDof];
  site_jacobian(m, d, arm_.site, rows);
  mj_solveM(m, d, solved, rows, 6);
  const Matrix67 J = columns(m, rows, arm_.dof), JMinv = columns(m, solved, arm_.dof);
  const Vector7 qd = joint_velocities(d, arm_);
  Vector7 q, home, bias;
  for (int i = 0; i < 7; ++i) {
    q[i] = d->qpos[arm_.qpos[i]];
    home[i] = home_[i];
    bias[i] = d->qfrc_bias[arm_.dof[i]];
  }
  const Vector6 K = join(impedance_.stiffness_N_m, impedance_.stiffness_Nm_rad);
  Eigen::Matrix<double, 6, 6> inverse_inertia = JMinv * J.transpose();
  inverse_inertia.diagonal().array() += 1e-6;  // a stretched arm has directions without mobility
  const Eigen::Matrix<double, 6, 6> inertia = inverse_inertia.inverse();
  Vector6 D = 2.0 * K.cwiseProduct(inertia.diagonal()).cwiseSqrt();
  D.head<3>() *= impedance_.damping_ratio;
  D.tail<3>() *= impedance_.rotation_damping_ratio;
  const Vector6 wrench = K.cwiseProduct(between(tcp_pose(), target_pose())) + D.cwiseProduct(Vector6(wanted - J * qd));

  const double k = impedance_.posture_Nm_rad;
  const Vector7 posture = k * (home - q) - 2.0 * std::sqrt(k) * qd;
  const Vector6 felt = inertia * (JMinv * posture);  // by the tool, of the posture
  const Vector7 torque = J.transpose() * (wrench - felt) + posture + bias;
  for (int i = 0; i < 7; ++i) d->ctrl[arm_.actuator[i]] = torque[i];
}

void MujocoFrankaArm::after_step() {
  const auto no_pull = [](const mjContact&) { return 0.0; };
  filter_force(force_, contact_force(world_.model(), world_.data(), arm_, no_pull), world_.timestep_s());
  if (!stopped_ && force_.norm() > config_.stop_force_N) {
    stopped_ = true;
    hold_here();
  }
}

ArmState MujocoFrankaArm::read() {
  ArmState state = arm_state(world_, arm_, force_, stopped_);
  state.X_BaseTarget = target_pose();
  return state;
}

void MujocoFrankaArm::move_to(const Eigen::Isometry3d& X_BaseTcp) {
  const mjModel* m = world_.model();
  mjData* d = world_.data();
  for (int i = 0; i < 7; ++i) d->qpos[arm_.qpos[i]] = home_[i];
  bool good = solve_pose(m, d, arm_, X_BaseTcp) < 1e-4;
  for (int i = 0; i < 7; ++i) {
    const mjtNum* range = m->jnt_range + 2 * m->dof_jntid[arm_.dof[i]];
    good = good && d->qpos[arm_.qpos[i]] >= range[0] && d->qpos[arm_.qpos[i]] <= range[1];
    d->qvel[arm_.dof[i]] = 0.0;
  }
  if (!good) throw ResetFailed("Franka: the start pose cannot be reached; change it in the environment's config");
  force_.setZero();
  stopped_ = false;
  world_.forward();
  hold_here();
}

MujocoFrankaHand::MujocoFrankaHand(World& world, FrankaHandConfig config) : world_(world), config_(config) {
  for (size_t i = 0; i < 2; ++i) {
    const int joint = world_.id(mjOBJ_JOINT, FrankaNames::fingers[i]);
    qpos_[i] = world_.model()->jnt_qposadr[joint];
    actuator_[i] = world_.id(mjOBJ_ACTUATOR, FrankaNames::fingers[i]);
    travel_m_ = world_.model()->jnt_range[2 * joint + 1];
  }
  world_.add({.reset = [this] { reset(); }, .before_step = [this] { before_step(); }, .after_step = {}});
  reset();
}

void MujocoFrankaHand::reset() {
  const bool holds = config_.holds_width_m > 0.0;
  closing_ = holds ? 1.0 : 0.0;
  target_m_ = holds ? 0.0 : travel_m_;  // before_step() keeps it within reach of the fingers
  for (size_t i = 0; i < 2; ++i) {
    world_.data()->qpos[qpos_[i]] = holds ? 0.5 * config_.holds_width_m : travel_m_;
    world_.data()->ctrl[actuator_[i]] = target_m_;
  }
}

void MujocoFrankaHand::command(double closing) { closing_ = std::clamp(closing, 0.0, 1.0); }

double MujocoFrankaHand::opening_m() const {
  return 0.5 * (world_.data()->qpos[qpos_[0]] + world_.data()->qpos[qpos_[1]]);
}

void MujocoFrankaHand::before_step() {
  const mjModel* m = world_.model();
  const double step = config_.speed_m_s * world_.timestep_s();
  target_m_ += std::clamp((1.0 - closing_) * travel_m_ - target_m_, -step, step);
  // Farther ahead the servo would press no harder, and take longer to come back.
  const int a = actuator_[0];
  const double lead = m->actuator_forcerange[2 * a + 1] / m->actuator_gainprm[a * mjNGAIN];
  target_m_ = std::clamp(target_m_, opening_m() - lead, opening_m() + lead);
  for (const int actuator : actuator_) world_.data()->ctrl[actuator] = target_m_;
}

GripperState MujocoFrankaHand::read() { return {.width_m = 2.0 * opening_m(), .stamp_s = world_.now()}; }

}  // namespace onramp::mujoco
