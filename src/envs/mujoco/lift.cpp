#include "onramp/envs/mujoco/lift.h"

#include <utility>
#include <vector>

#include "onramp/envs/lift_task.h"
#include "onramp/envs/mujoco/cube_scene.h"
#include "onramp/envs/mujoco/franka.h"
#include "simulated_task.h"

namespace onramp::mujoco {
namespace {

constexpr Vec3 kTable = {0.45, 0.0, 0.0};
constexpr double kLiftPeriod_s = 0.05;
constexpr double kStartHeight_m = 0.2;
// The hand straight down, about 20 cm above the middle of the table.
constexpr std::array<double, 7> kReady = {0.0, -0.0649, 0.0, -2.5482, 0.0, 2.4833, 0.7854};

CubeSceneConfig cube_scene_config(const LiftConfig& config) {
  return {.table_m = kTable,
          .spread_m = config.cube_spread_m,
          .rotation_rad = config.cube_rotation_rad,
          .observe_object = !config.images};
}

mjSpec* make_lift_scene(const LiftConfig& config) {
  mjSpec* spec = make_empty_scene(config.timestep_s);
  spec->option.cone = mjCONE_ELLIPTIC;  // a held cube creeps less under exact friction cones
  spec->option.impratio = 10;
  spec->visual.quality.numslices = 20;
  spec->visual.quality.numstacks = 10;
  add_cube_scene(spec, cube_scene_config(config));
  add_franka_with_hand(spec, add_base(spec), config.grasp_N);
  return spec;
}

ImpedanceConfig impedance_config(const LiftConfig& config) {
  ImpedanceConfig impedance;
  impedance.stiffness_N_m.fill(config.stiffness_N_m);
  impedance.stiffness_Nm_rad.fill(config.stiffness_Nm_rad);
  impedance.damping_ratio = config.damping_ratio;
  impedance.rotation_damping_ratio = config.rotation_damping_ratio;
  return impedance;
}

ManipulationConfig lift_manipulation_config(const LiftConfig& config) {
  ManipulationConfig result{.task_origin_m = kTable,
                            .control_period_s = kLiftPeriod_s,
                            .max_steps = config.max_steps,
                            .gripper_signal = GripperSignal::kWidth};
  auto& limits = result.limits;
  limits.linear_speed_m_s = config.delta_m / kLiftPeriod_s;
  limits.angular_speed_rad_s = config.delta_rad / kLiftPeriod_s;
  // Table V, kitting: [-0.2, 0.3], [-0.2, 0.2], [-0.18, 0.05] around the start. The finger tips, 9 mm below the grasp point,
  // then keep 11 mm off the table: room for the swing of a hand that comes down at full speed.
  limits.workspace_min_m = {-0.2, -0.2, kStartHeight_m - 0.18};
  limits.workspace_max_m = {0.3, 0.2, kStartHeight_m + 0.05};
  limits.max_rotation_rad = {config.max_tilt_rad, config.max_tilt_rad, config.max_yaw_rad};
  limits.max_force_N = config.max_force_N;
  return result;
}

std::vector<DressingPart> lift_dressing() {
  const Colour dark = {0.2f, 0.21f, 0.23f, 1}, wood = {0.45f, 0.38f, 0.3f, 1};
  return {
      box("base", {0.12, 0.12, 0.35}, {-0.06, 0, -0.3505}, dark),     // what the arm stands on
      box("hand", {0.03, 0.008, 0.005}, {0.055, 0, 0.015}, dark),     // the camera's arm
      box("table", {0.03, 0.03, 0.325}, {0.36, 0.36, -0.375}, wood),  // the table's legs
      box("table", {0.03, 0.03, 0.325}, {0.36, -0.36, -0.375}, wood),
      box("table", {0.03, 0.03, 0.325}, {-0.36, 0.36, -0.375}, wood),
      box("table", {0.03, 0.03, 0.325}, {-0.36, -0.36, -0.375}, wood),
      floor_at(-0.7),
  };
}

}  // namespace

std::unique_ptr<Environment> make_lift(const LiftConfig& config) {
  SimulatedTaskParts parts;
  parts.world = std::make_unique<World>(make_lift_scene(config));
  World& world = *parts.world;
  const MujocoArmConfig arm{.max_linear_m_s = 1.0,
                            .max_angular_rad_s = 2.0,
                            .stop_force_N = config.max_force_N,
                            .latency_s = config.latency_s};
  parts.arm = std::make_unique<MujocoFrankaArm>(world, arm, impedance_config(config), kReady);
  parts.gripper = std::make_unique<MujocoFrankaHand>(world, FrankaHandConfig{});
  auto scene = std::make_unique<CubeScene>(world, cube_scene_config(config));
  CubeScene& success = *scene;
  const LiftTaskConfig task{
      .table_m = kTable, .start_height_m = kStartHeight_m, .start_spread_m = config.start_spread_m};
  parts.task = std::make_unique<LiftTask>(task, std::move(scene), success);
  parts.manipulation = lift_manipulation_config(config);
  parts.image_size = config.image_size;
  if (config.images) parts.cameras = {"scene", FrankaNames::wrist_camera};
  parts.dressing = lift_dressing();
  return make_simulated_task(std::move(parts));
}

}  // namespace onramp::mujoco
