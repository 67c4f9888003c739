// The simulated Franka as a device: kinematics, impedance, limits, hand.
#include "onramp/envs/mujoco/franka.h"

#include <gtest/gtest.h>

#include <Eigen/LU>

#include <cmath>
#include <vector>

#include "onramp/base/error.h"
#include "onramp/envs/mujoco/cube_scene.h"
#include "onramp/envs/task.h"
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
  cell.run(2.0);
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

TEST(MujocoFranka, SwingsAsItsDampingRatioSays) {
  const auto overshoot = [](double ratio) {
    ImpedanceConfig impedance;
    impedance.damping_ratio = ratio;
    Cell cell(impedance);
    const double y = cell.arm.read().X_BaseTcp.translation().y();
    cell.push({0, 10, 0}, Eigen::Vector3d::Zero());
    double most = 0.0;
    for (int i = 0; i < 200; ++i) {
      cell.run(0.01);
      most = std::max(most, cell.arm.read().X_BaseTcp.translation().y() - y);
    }
    return most / (10.0 / 1024) - 1.0;
  };
  // A damped oscillator overshoots a step by exp(-pi zeta / sqrt(1 - zeta^2)): 0.37 at 0.3; not at all at 1.
  EXPECT_NEAR(overshoot(0.3), 0.37, 0.1);
  EXPECT_LT(overshoot(1.0), 0.03);
}

// Torques along M n, n the direction in which the joints move while the tool stays, do nothing to the tool and are balanced by
// the posture alone: k n^T (q_home - q) = -t n^T M n.
TEST(MujocoFranka, ThePostureHoldsTheElbowAndTheToolFeelsNothing) {
  for (const double k : {10.0, 40.0}) {
    ImpedanceConfig impedance;
    impedance.posture_Nm_rad = k;
    Cell cell(impedance);
    const mjModel* m = cell.world.model();
    mjData* d = cell.world.data();
    cell.run(4.0);
    std::array<int, 7> qpos, dof;
    for (size_t i = 0; i < 7; ++i) {
      const int joint = cell.world.id(mjOBJ_JOINT, FrankaNames::joints[i]);
      qpos[i] = m->jnt_qposadr[joint];
      dof[i] = m->jnt_dofadr[joint];
    }
    std::vector<mjtNum> rows(static_cast<size_t>(6 * m->nv)), n(static_cast<size_t>(m->nv)), Mn(n.size());
    mj_jacSite(m, d, rows.data(), rows.data() + 3 * m->nv, cell.world.id(mjOBJ_SITE, FrankaNames::tcp_site));
    Eigen::Matrix<double, 6, 7> J;
    for (int row = 0; row < 6; ++row) {
      for (int i = 0; i < 7; ++i) J(row, i) = rows[static_cast<size_t>(row * m->nv + dof[static_cast<size_t>(i)])];
    }
    const Eigen::Matrix<double, 7, 1> null = J.fullPivLu().kernel().col(0).normalized();
    for (size_t i = 0; i < 7; ++i) n[static_cast<size_t>(dof[i])] = null[static_cast<int>(i)];
    mj_mulM(m, d, Mn.data(), n.data());
    double nMn = 0.0;
    for (size_t i = 0; i < n.size(); ++i) nMn += n[i] * Mn[i];
    const double wanted_rad = 0.1, torque = k * wanted_rad / nMn;
    std::array<double, 7> before;
    for (size_t i = 0; i < 7; ++i) before[i] = d->qpos[qpos[i]];
    const Eigen::Vector3d tool = cell.arm.read().X_BaseTcp.translation();
    for (size_t i = 0; i < n.size(); ++i) d->qfrc_applied[i] = torque * Mn[i];
    cell.run(6.0);
    double moved = 0.0;
    for (size_t i = 0; i < 7; ++i) moved += null[static_cast<int>(i)] * (d->qpos[qpos[i]] - before[i]);
    EXPECT_NEAR(moved, wanted_rad, 0.1 * wanted_rad) << "posture " << k;
    EXPECT_LT((cell.arm.read().X_BaseTcp.translation() - tool).norm(), 1e-3);
  }
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
