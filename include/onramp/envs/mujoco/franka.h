// A Franka Panda of primitive shapes, from the maker's published Denavit-Hartenberg parameters, joint and torque limits and
// the identified masses and inertias of franka_description, with its parallel hand and a camera beside it.
#pragma once

#include <mujoco/mujoco.h>

#include <Eigen/Geometry>

#include <array>

#include "onramp/envs/devices.h"
#include "onramp/envs/mujoco/arm_parts.h"
#include "onramp/envs/mujoco/twist_queue.h"
#include "onramp/envs/mujoco/world.h"

namespace onramp::mujoco {

/// Collision classes: fingers touch objects and the table, objects touch the table and each other.
inline constexpr int kCollideObject = 1, kCollideTable = 2, kCollideFinger = 4;

/// Names that the devices look for in the model.
struct FrankaNames {
  static constexpr std::array<const char*, 7> joints = {"panda_1", "panda_2", "panda_3", "panda_4",
                                                        "panda_5", "panda_6", "panda_7"};
  static constexpr std::array<const char*, 2> fingers = {"finger_1", "finger_2"};
  static constexpr const char* hand_body = "hand";
  static constexpr const char* tcp_site = "grasp_point";  ///< between the finger pads
  static constexpr const char* wrist_camera = "wrist";
};

/// Adds arm and hand, with the base frame at `parent`'s frame, z up. Joint zero as in the maker's drawings.
/// @param grasp_N  most that each finger presses with
void add_franka_with_hand(mjSpec* spec, mjsBody* parent, double grasp_N);

/// Cartesian impedance. Defaults: Q2RL (arXiv:2605.05172), table V. Its damping is given for a unit of inertia: 64 = 2 sqrt(1024)
/// and 10 = 2 * 0.5 * sqrt(100), ratios 1 and 0.5. Here the ratios hold for the inertia that the hand has in each pose (5 to 15 kg),
/// where 64 N s/m would leave it swinging.
struct ImpedanceConfig {
  std::array<double, 3> stiffness_N_m = {1024, 1024, 1024};
  std::array<double, 3> stiffness_Nm_rad = {100, 100, 100};
  double damping_ratio = 1.0;           ///< along each axis
  double rotation_damping_ratio = 0.5;  ///< about each axis
  double posture_Nm_rad =
      10.0;              ///< pull of each joint towards its home, where the tool does not feel it; damped critically
  double lead_m = 0.03;  ///< how far the set-point may run ahead of the tool: bounds the force of a contact
  double lead_rad = 0.1;
};

/// Operational-space impedance control with a set-point that moves as commanded (Khatib 1987; Albu-Schaeffer, Ott and Hirzinger
/// 2007):
///   tau = J^T (K e + D (V_d - J q')) + (I - J^T L J M^-1) (k (q_home - q) - d q') + h(q, q'),
///   L = (J M^-1 J^T)^-1,   D_i = 2 zeta_i sqrt(K_i L_ii)
/// e: from the tool to the set-point, translation and rotation vector in the base frame; V_d: the velocity of the set-point; h: gravity
/// and Coriolis forces. At rest a force f displaces the tool by f / K. Torques are clipped to the maker's limits. The base must
/// stand parallel to the world's axes.
class MujocoFrankaArm final : public Arm {
 public:
  /// @param home  joint angles from which move_to() searches, and the posture that the arm keeps to
  MujocoFrankaArm(World& world, MujocoArmConfig config, ImpedanceConfig impedance, std::array<double, 7> home);

  ArmState read() override;
  void command(const Twist& twist, double valid_for_s) override;
  /// The set-point comes to where the tool is: what was pressed is let go.
  void stop() override;
  /// At once, without passing through what lies between; time does not pass.
  void move_to(const Eigen::Isometry3d& X_BaseTcp) override;

 private:
  void reset();
  void before_step();
  void after_step();
  void hold_here();
  Eigen::Matrix<double, 6, 1> move_target(const Twist& twist);  // its velocity, m/s and rad/s
  Eigen::Isometry3d tcp_pose() const;
  Eigen::Isometry3d target_pose() const;

  World& world_;
  const MujocoArmConfig config_;
  const ImpedanceConfig impedance_;
  const std::array<double, 7> home_;
  const ArmParts<7> arm_;
  TwistQueue commands_;
  Eigen::Vector3d target_position_m_ = Eigen::Vector3d::Zero();  // set-point, in the base frame
  Eigen::Quaterniond target_rotation_ = Eigen::Quaterniond::Identity();
  Eigen::Vector3d force_ = Eigen::Vector3d::Zero();
  bool stopped_ = false;
};

/// How the simulated hand moves.
struct FrankaHandConfig {
  double speed_m_s = 0.05;  ///< of each finger
  double holds_width_m =
      0.0;  ///< of what it holds after a reset, pressing as hard as it can; 0: it is open and holds nothing
};

/// Two fingers that move together, pressing with at most the model's `grasp_N`. Between 0 and 1, `closing` is an opening.
class MujocoFrankaHand final : public Gripper {
 public:
  MujocoFrankaHand(World& world, FrankaHandConfig config);
  GripperState read() override;
  void command(double closing) override;

 private:
  void reset();
  void before_step();
  double opening_m() const;  // of one finger

  World& world_;
  const FrankaHandConfig config_;
  std::array<int, 2> qpos_{}, actuator_{};
  double travel_m_ = 0.0, closing_ = 0.0, target_m_ = 0.0;
};

}  // namespace onramp::mujoco
