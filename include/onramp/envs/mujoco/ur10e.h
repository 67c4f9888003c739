// A UR10e of primitive shapes, from the maker's published Denavit-Hartenberg parameters, masses and torque limits, with a
// suction gripper and a wrist camera at its flange.
#pragma once

#include <mujoco/mujoco.h>

#include <Eigen/Geometry>

#include <array>
#include <string>

#include "onramp/base/random.h"
#include "onramp/envs/devices.h"
#include "onramp/envs/mujoco/arm_parts.h"
#include "onramp/envs/mujoco/twist_queue.h"
#include "onramp/envs/mujoco/world.h"

namespace onramp::mujoco {

/// Collision classes: the cup touches items, its rim touches the bin, items touch both and each other.
inline constexpr int kCollideItem = 1, kCollideBin = 2, kCollideCup = 4, kCollideRim = 8;

/// Lip of the suction cup: small spheres on a ring, so that contact with flat and curved tops is exact and cheap.
inline constexpr int kLipPoints = 6;

/// Names that the devices look for in the model.
struct Ur10eNames {
  static constexpr std::array<const char*, 6> joints = {"shoulder_pan", "shoulder_lift", "elbow",
                                                        "wrist_1",      "wrist_2",       "wrist_3"};
  static constexpr const char* tcp_site = "tcp";
  static constexpr const char* lip_body = "cup_lip";
  static constexpr const char* suction = "suction";
  static constexpr const char* wrist_camera = "wrist";
};

/// Adds the arm, with the base frame at `parent`'s frame, z up. Joint zero as in the maker's drawings.
/// @param force_N  what the suction cup pulls at full vacuum
void add_ur10e_with_vacuum(mjSpec* spec, mjsBody* parent, double force_N);

/// Cartesian velocity control: damped least squares to joint velocities, integrated into position servos.
class MujocoArm final : public Arm {
 public:
  /// @param home  joint angles from which move_to() searches; elbow up
  MujocoArm(World& world, MujocoArmConfig config, std::array<double, 6> home);

  ArmState read() override;
  void command(const Twist& twist, double valid_for_s) override;
  void stop() override;
  /// At once, without passing through what lies between; time does not pass.
  void move_to(const Eigen::Isometry3d& X_BaseTcp) override;

 private:
  void reset();
  void before_step();
  void after_step();

  World& world_;
  const MujocoArmConfig config_;
  const std::array<double, 6> home_;
  const int lip_body_, suction_;
  const ArmParts<6> arm_;
  TwistQueue commands_;
  Eigen::Matrix<double, 6, 1> target_;  // joint positions that the servos hold
  Eigen::Vector3d force_ = Eigen::Vector3d::Zero();
  bool stopped_ = false;
};

/// How the simulated suction builds up its pressure.
struct MujocoVacuumConfig {
  double full_vacuum_Pa = 60e3;  ///< below ambient, with a perfect seal
  double leak = 0.05;            ///< share of it that the pump reaches on open air
  int64_t seal_points = 4;       ///< of kLipPoints that must touch one item
  double rise_s = 0.06;          ///< time constants of the pressure
  double fall_s = 0.15;
};

/// Suction by MuJoCo's adhesion actuator. Pressure follows the seal with a lag; the pull follows the pressure.
class MujocoVacuumGripper final : public Gripper {
 public:
  MujocoVacuumGripper(World& world, MujocoVacuumConfig config);
  GripperState read() override;
  void command(double closing) override;

 private:
  void reset();
  void before_step();

  World& world_;
  const MujocoVacuumConfig config_;
  int lip_body_, suction_;
  double closing_ = 0.0, level_ = 0.0;  // level: share of the full vacuum
};

}  // namespace onramp::mujoco
