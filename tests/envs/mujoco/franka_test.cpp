// The simulated Franka as a device: kinematics, impedance, limits, hand.
#include "onramp/envs/mujoco/franka.h"

#include <gtest/gtest.h>

#include <cmath>

#include "onramp/envs/mujoco/cube_scene.h"
#include "onramp/envs/vacuum_grasp_task.h"
#include "support/expect_throws.h"

namespace onramp::mujoco {
namespace {

constexpr std::array<double, 7> kReady = {0.0, -0.0649, 0.0, -2.5482, 0.0, 2.4833, 0.7854};

mjSpec* franka_on_a_table() {
  mjSpec* spec = mj_makeSpec();
  spec->option.timestep = 0.002;
  spec->option.integrator = mjINT_IMPLICITFAST;
  spec->option.cone = mjCONE_ELLIPTIC;
  spec->option.impratio = 10;
  add_cube_scene(spec, {});
  mjsBody* base = mjs_addBody(mjs_findBody(spec, "world"), nullptr);
  add_franka_with_hand(spec, base, /*grasp_N=*/30.0);
  return spec;
}

/// The arm 25 cm above the table, free of everything.
struct Cell {
  explicit Cell(ImpedanceConfig impedance = {}, MujocoArmConfig limits = {})
      : arm(world, limits, impedance, kReady), hand(world, {}) {
    world.reset();
    arm.move_to(tool_down_at({0.45, 0.0, 0.25}));
    run(0.2);
  }
  void run(double seconds) { world.wait_until(world.now() + seconds); }
  void move(const Eigen::Vector3d& v_m_s, const Eigen::Vector3d& w_rad_s, double seconds) {
    arm.command({v_m_s, w_rad_s}, seconds);
    run(seconds);
  }
  /// A force and a torque on the tool point, in the base frame.
  void push(const Eigen::Vector3d& f_N, const Eigen::Vector3d& t_Nm) {
    const int body = world.id(mjOBJ_BODY, FrankaNames::hand_body);
    const Eigen::Vector3d p = arm.read().X_BaseTcp.translation();
    const Eigen::Map<const Eigen::Vector3d> middle(world.data()->xipos + 3 * body);
    const Eigen::Vector3d torque = t_Nm + (p - middle).cross(f_N);
    for (int i = 0; i < 3; ++i) {
      world.data()->xfrc_applied[6 * body + i] = f_N[i];
      world.data()->xfrc_applied[6 * body + 3 + i] = torque[i];
    }
  }
  World world{franka_on_a_table()};
  MujocoFrankaArm arm;
  MujocoFrankaHand hand;
};

Eigen::Vector3d turn_between(const Eigen::Isometry3d& from, const Eigen::Isometry3d& to) {
  const Eigen::AngleAxisd rotation(to.linear() * from.linear().transpose());
  return rotation.angle() * rotation.axis();
}

TEST(MujocoFranka, StandsAsTheMakersDrawingsSay) {
  World world(franka_on_a_table());
  // All joints zero: upright. The flange is at (0.088, 0, 0.333 + 0.316 + 0.384 - 0.107), the grasp point 0.1034 below it.
  MujocoFrankaArm arm(world, {}, {}, {});
  const auto X = arm.read().X_BaseTcp;
  EXPECT_NEAR(X.translation().x(), 0.088, 1e-9);
  EXPECT_NEAR(X.translation().y(), 0.0, 1e-9);
  EXPECT_NEAR(X.translation().z(), 0.926 - 0.1034, 1e-9);
  // The maker's transfer pose, bent at three joints; from the chain of DH matrices multiplied elsewhere.
  MujocoFrankaArm bent(world, {}, {}, {0, M_PI / 16, 0, -M_PI / 2 - M_PI / 3, 0, M_PI - 0.2, M_PI / 4});
  const auto Y = bent.read().X_BaseTcp;
  EXPECT_NEAR(Y.translation().x(), 0.458107358, 1e-8);
  EXPECT_NEAR(Y.translation().z(), 0.092199660, 1e-8);
  EXPECT_NEAR(Y.linear()(0, 0), 0.991914735, 1e-8);
  EXPECT_NEAR(Y.linear()(0, 2), 0.126906102, 1e-8);
}

TEST(MujocoFranka, ReachesTheSetPointAndStaysThere) {
  Cell cell;
  const auto before = cell.arm.read().X_BaseTcp;
  cell.move({0.1, -0.05, 0.05}, {0.05, 0.0, 0.3}, 1.0);
  const ArmState moving = cell.arm.read();
  EXPECT_NEAR(moving.velocity.linear_m_s.x(), 0.1, 0.005);
  cell.run(1.0);
  const ArmState there = cell.arm.read();
  EXPECT_LT((there.X_BaseTcp.translation() - before.translation() - Eigen::Vector3d(0.1, -0.05, 0.05)).norm(), 5e-4);
  EXPECT_NEAR(turn_between(before, there.X_BaseTcp).norm(), std::hypot(0.05, 0.3), 2e-3);
  EXPECT_LT(there.velocity.linear_m_s.norm(), 1e-3);
  EXPECT_EQ(there.status, DeviceStatus::kOk);
  cell.run(2.0);
  EXPECT_LT((cell.arm.read().X_BaseTcp.translation() - there.X_BaseTcp.translation()).norm(), 2e-4);
}

TEST(MujocoFranka, ACommandRunsOut) {
  Cell cell;
  const double x = cell.arm.read().X_BaseTarget->translation().x();
  cell.arm.command({{0.1, 0, 0}, {0, 0, 0}}, 0.075);
  cell.run(0.5);
  EXPECT_NEAR(cell.arm.read().X_BaseTarget->translation().x(), x + 0.0075, 2.5e-4) << "a tick of 2 ms is 0.2 mm";
}

TEST(MujocoFranka, GivesWayAsItsStiffnessSays) {
  ImpedanceConfig impedance;
  impedance.stiffness_N_m = {1024, 500, 2000};
  impedance.stiffness_Nm_rad = {100, 50, 150};
  for (int axis = 0; axis < 3; ++axis) {
    Cell cell(impedance);
    const auto free = cell.arm.read().X_BaseTcp;
    const Eigen::Vector3d direction = Eigen::Vector3d::Unit(axis);
    cell.push(10.0 * direction, Eigen::Vector3d::Zero());
    cell.run(2.0);
    const Eigen::Vector3d pushed = cell.arm.read().X_BaseTcp.translation() - free.translation();
    const double expected_m = 10.0 / impedance.stiffness_N_m[axis];
    EXPECT_NEAR(pushed[axis], expected_m, 0.03 * expected_m) << "axis " << axis;
    EXPECT_NEAR(pushed.norm(), expected_m, 0.03 * expected_m) << "and no other way";
    cell.push(Eigen::Vector3d::Zero(), 2.0 * direction);
    cell.run(2.0);
    const Eigen::Vector3d turned = turn_between(free, cell.arm.read().X_BaseTcp);
    const double expected_rad = 2.0 / impedance.stiffness_Nm_rad[axis];
    EXPECT_NEAR(turned[axis], expected_rad, 0.05 * expected_rad) << "about axis " << axis;
    cell.push(Eigen::Vector3d::Zero(), Eigen::Vector3d::Zero());
    cell.run(2.0);
    EXPECT_LT((cell.arm.read().X_BaseTcp.translation() - free.translation()).norm(), 2e-4) << "and comes back";
  }
}

TEST(MujocoFranka, LittleDampingSwingsAndMuchDoesNot) {
  const auto farthest = [](double damping) {
    ImpedanceConfig impedance;
    impedance.damping_Ns_m = {damping, damping, damping};
    Cell cell(impedance);
    const double y = cell.arm.read().X_BaseTcp.translation().y();
    cell.push({0, 10, 0}, Eigen::Vector3d::Zero());
    double most = 0.0;
    for (int i = 0; i < 100; ++i) {
      cell.run(0.01);
      most = std::max(most, cell.arm.read().X_BaseTcp.translation().y() - y);
    }
    return most / (10.0 / 1024);
  };
  EXPECT_GT(farthest(10.0), 1.5);
  EXPECT_LT(farthest(250.0), 1.02);
}

TEST(MujocoFranka, TheElbowGivesWayWhileTheToolStaysAndGoesBackToItsPosture) {
  const auto elbow = [](double posture_Nm_rad, double& tool_moved_m) {
    ImpedanceConfig impedance;
    impedance.posture_Nm_rad = posture_Nm_rad;
    Cell cell(impedance);
    const int link = cell.world.id(mjOBJ_BODY, "panda_link_4");
    const auto tool = cell.arm.read().X_BaseTcp.translation().eval();
    const double y = cell.world.data()->xpos[3 * link + 1];
    cell.world.data()->xfrc_applied[6 * link + 1] = 5.0;
    cell.run(3.0);
    tool_moved_m = (cell.arm.read().X_BaseTcp.translation() - tool).norm();
    const double moved = cell.world.data()->xpos[3 * link + 1] - y;
    cell.world.data()->xfrc_applied[6 * link + 1] = 0.0;
    cell.run(4.0);
    EXPECT_LT(std::abs(cell.world.data()->xpos[3 * link + 1] - y), 0.2 * moved) << "back again";
    return moved;
  };
  double tool_soft = 0, tool_stiff = 0;
  const double soft = elbow(10.0, tool_soft), stiff = elbow(40.0, tool_stiff);
  EXPECT_GT(soft, 0.02);
  EXPECT_LT(stiff, 0.5 * soft);
  EXPECT_LT(tool_soft, 0.2 * soft);
}

TEST(MujocoFranka, PressesNoHarderThanStiffnessTimesLead) {
  Cell cell({}, {.stop_force_N = 100});
  for (int i = 0; i < 100; ++i) cell.move({0, 0, -0.1}, {0, 0, 0}, 0.05);  // 25 cm above the table, 50 cm down
  const ArmState pressing = cell.arm.read();
  EXPECT_NEAR(pressing.f_Tcp_Base_N.z(), 1024 * 0.03, 3.0);
  EXPECT_NEAR(pressing.X_BaseTcp.translation().z() - pressing.X_BaseTarget->translation().z(), 0.03, 1e-3);
  EXPECT_EQ(pressing.status, DeviceStatus::kOk);
  cell.arm.stop();
  cell.run(0.5);
  EXPECT_LT(cell.arm.read().f_Tcp_Base_N.norm(), 3.0) << "a stop lets go";
}

TEST(MujocoFranka, StopsItselfAboveItsForceLimitAndIsFreedByMoveTo) {
  Cell cell({}, {.stop_force_N = 15});
  for (int i = 0; i < 100; ++i) cell.move({0, 0, -0.1}, {0, 0, 0}, 0.05);
  ArmState state = cell.arm.read();
  EXPECT_EQ(state.status, DeviceStatus::kProtectiveStop);
  EXPECT_LT(state.f_Tcp_Base_N.norm(), 15.0) << "it does not press on";
  const double z = state.X_BaseTcp.translation().z();
  cell.move({0, 0, 0.1}, {0, 0, 0}, 0.5);
  EXPECT_NEAR(cell.arm.read().X_BaseTcp.translation().z(), z, 1e-3) << "commands are ignored";
  cell.arm.move_to(tool_down_at({0.4, 0.1, 0.3}));
  state = cell.arm.read();
  EXPECT_EQ(state.status, DeviceStatus::kOk);
  EXPECT_LT((state.X_BaseTcp.translation() - Eigen::Vector3d(0.4, 0.1, 0.3)).norm(), 1e-4);
}

TEST(MujocoFranka, RefusesAPoseOutOfReach) {
  Cell cell;
  test::expect_throws<ResetFailed>([&] { cell.arm.move_to(tool_down_at({1.2, 0, 0.2})); }, "cannot be reached");
}

TEST(MujocoFranka, ClipsToItsOwnSpeed) {
  Cell cell({}, {.max_linear_m_s = 0.1});
  const double x = cell.arm.read().X_BaseTarget->translation().x();
  cell.move({0.4, 0, 0}, {0, 0, 0}, 0.5);
  EXPECT_NEAR(cell.arm.read().X_BaseTarget->translation().x() - x, 0.05, 1e-3);
}

TEST(MujocoFranka, TheHandClosesAndOpensAtItsSpeedAndHoldsWhatIsBetween) {
  Cell cell;
  EXPECT_NEAR(cell.hand.read().width_m, 0.08, 1e-3);
  cell.hand.command(1.0);
  cell.run(0.4);
  EXPECT_NEAR(cell.hand.read().width_m, 0.08 - 2 * 0.05 * 0.4, 0.004);
  cell.run(1.0);
  EXPECT_NEAR(cell.hand.read().width_m, 0.0, 1e-3);
  cell.hand.command(0.0);
  cell.run(1.2);
  EXPECT_NEAR(cell.hand.read().width_m, 0.08, 1e-3);
  // Around the cube, 4.2 cm wide, at the table's middle.
  cell.arm.move_to(tool_down_at({0.45, 0.0, 0.02}));
  cell.hand.command(1.0);
  cell.run(1.0);
  EXPECT_NEAR(cell.hand.read().width_m, 0.042, 1e-3);
  EXPECT_LT(cell.arm.read().f_Tcp_Base_N.norm(), 5.0) << "what the fingers press cancels out";
}

}  // namespace
}  // namespace onramp::mujoco
