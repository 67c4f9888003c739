// What a robot is to this library: three small interfaces. The simulator and the drivers implement them; the safety code
// above them (manipulation_environment.h) is the same for both. SI units; poses X_AB are frame B in frame A.
//
// Time stamps are seconds of the Clock that the environment was given. No call blocks longer than a few milliseconds,
// except move_to(). Losing the link is a status, not an exception: the caller must still see the last known state.
// Not thread-safe towards the caller; a driver's own thread behind the interface is its own business.
#pragma once

#include <Eigen/Geometry>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace onramp {

/// Whether a device can be counted on.
enum class DeviceStatus : uint8_t {
  kOk,
  kProtectiveStop,  ///< the device stopped itself (force, joint limit); it holds still until it is reset
  kLinkLost,        ///< no news from the device; the state is the last known one
};

/// Velocity of the tool point, expressed in the arm's base frame.
struct Twist {
  Eigen::Vector3d linear_m_s = Eigen::Vector3d::Zero();
  Eigen::Vector3d angular_rad_s = Eigen::Vector3d::Zero();
};

/// What an arm measured at one moment.
struct ArmState {
  Eigen::Isometry3d X_BaseTcp = Eigen::Isometry3d::Identity();  ///< tool point; z points out of the tool
  /// Set-point to which a compliant arm draws the tool, off the tool while something holds it back. A stiff arm has none.
  std::optional<Eigen::Isometry3d> X_BaseTarget;
  Twist velocity;
  Eigen::Vector3d f_Tcp_Base_N = Eigen::Vector3d::Zero();  ///< external force on the tool, expressed in the base frame
  DeviceStatus status = DeviceStatus::kOk;
  double stamp_s = 0.0;  ///< when this was measured
};

/// An arm under velocity control. A compliant one (Cartesian impedance) moves its set-point with this velocity: a command of
/// delta / period is a pose delta for each period, and a contact is pressed with no more than stiffness times lead.
/// Thread safety: none.
class Arm {
 public:
  virtual ~Arm() = default;
  virtual ArmState read() = 0;
  /// Moves with this velocity until the next command, but no longer than `valid_for_s`, counted from when it takes effect:
  /// then the device itself holds still, whatever became of the program. It clips to its own limits. Ignored while stopped.
  virtual void command(const Twist& twist, double valid_for_s) = 0;
  /// Holds still.
  virtual void stop() = 0;
  /// Clears a protective stop and brings the tool to a pose, blocking until it is there and still.
  /// @throws ResetFailed when it cannot be reached or a person has to help.
  virtual void move_to(const Eigen::Isometry3d& X_BaseTcp) = 0;
};

/// What a gripper measured at one moment.
struct GripperState {
  double vacuum_Pa = 0.0;  ///< pressure below ambient at the cup; 0 for grippers without vacuum
  double width_m = 0.0;    ///< between the fingers; 0 for suction
  DeviceStatus status = DeviceStatus::kOk;
  double stamp_s = 0.0;
};

/// A vacuum or finger gripper. Thread safety: none.
class Gripper {
 public:
  virtual ~Gripper() = default;
  virtual GripperState read() = 0;
  /// @param closing  0 open or suction off, 1 closed or full suction
  virtual void command(double closing) = 0;
};

/// RGB, rows from the top.
struct Image {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> rgb;  ///< [height * width * 3]
  double stamp_s = 0.0;      ///< when it was exposed
  DeviceStatus status = DeviceStatus::kOk;
};

/// A camera of a fixed size. Thread safety: none.
class Camera {
 public:
  virtual ~Camera() = default;
  virtual const std::string& name() const = 0;  ///< also the name of its observation entry
  virtual int64_t width() const = 0;
  virtual int64_t height() const = 0;
  /// The newest picture. Valid until the next call.
  virtual const Image& capture() = 0;
};

}  // namespace onramp
