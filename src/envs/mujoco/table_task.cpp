#include "table_task.h"

#include <array>
#include <utility>

#include "onramp/envs/mujoco/franka.h"
#include "onramp/envs/sparse_task.h"
#include "simulated_task.h"

namespace onramp::mujoco {
namespace {

// The hand straight down, about 20 cm above the middle of the table.
constexpr std::array<double, 7> kReady = {0.0, -0.0649, 0.0, -2.5482, 0.0, 2.4833, 0.7854};

Vec3 in_base(const Vec3& p_Table_m) {
  Vec3 p = p_Table_m;
  for (size_t i = 0; i < 3; ++i) p[i] += kFrankaTable[i];
  return p;
}

void add_table_light(mjSpec* spec) {
  mjsLight* lamp = mjs_addLight(mjs_findBody(spec, "world"), nullptr);
  lamp->type = mjLIGHT_DIRECTIONAL;
  lamp->castshadow = 0;
  set(lamp->pos, in_base({0, 0, 2.0}));
  set(lamp->dir, {-0.25, 0.2, -1.0});
  for (int k = 0; k < 3; ++k) lamp->diffuse[k] = 0.55f;
  for (int k = 0; k < 3; ++k) {
    spec->visual.headlight.ambient[k] = 0.4f;
    spec->visual.headlight.diffuse[k] = 0.15f;
    spec->visual.headlight.specular[k] = 0.0f;
  }
}

mjSpec* make_table_spec(const FrankaTableConfig& config, const TableTask& task) {
  mjSpec* spec = make_empty_scene(config.timestep_s);
  spec->option.cone = mjCONE_ELLIPTIC;  // what is held creeps less under exact friction cones
  spec->option.impratio = 10;
  spec->visual.quality.numslices = 20;
  spec->visual.quality.numstacks = 10;
  task.add_objects(spec);
  add_table_light(spec);
  mjsCamera* camera = mjs_addCamera(mjs_findBody(spec, "world"), nullptr);
  mjs_setName(camera->element, "scene");
  camera->fovy = 45;
  look(camera, in_base(task.camera_m), in_base(task.camera_at_m));
  add_franka_with_hand(spec, add_base(spec), config.grasp_N);
  return spec;
}

ImpedanceConfig table_impedance(const FrankaTableConfig& config) {
  ImpedanceConfig impedance;
  impedance.stiffness_N_m.fill(config.stiffness_N_m);
  impedance.stiffness_Nm_rad.fill(config.stiffness_Nm_rad);
  impedance.damping_ratio = config.damping_ratio;
  impedance.rotation_damping_ratio = config.rotation_damping_ratio;
  return impedance;
}

ManipulationConfig table_manipulation(const FrankaTableConfig& config, const TableTask& task) {
  ManipulationConfig result{.task_origin_m = kFrankaTable,
                            .control_period_s = task.control_period_s,
                            .max_steps = config.max_steps,
                            .gripper_signal = GripperSignal::kWidth,
                            .gripper_stays_closed = task.held_width_m > 0};
  auto& limits = result.limits;
  limits.linear_speed_m_s = config.delta_m / task.control_period_s;
  limits.angular_speed_rad_s = config.delta_rad / task.control_period_s;
  limits.workspace_min_m = task.workspace_min_m;
  limits.workspace_max_m = task.workspace_max_m;
  limits.max_rotation_rad = {config.max_tilt_rad, config.max_tilt_rad, config.max_yaw_rad};
  limits.max_force_N = config.max_force_N;
  return result;
}

std::vector<DressingPart> table_dressing(const std::vector<DressingPart>& more) {
  const Colour dark = {0.2f, 0.21f, 0.23f, 1}, wood = {0.45f, 0.38f, 0.3f, 1};
  std::vector<DressingPart> parts = {
      box("base", {0.12, 0.12, 0.35}, {-0.06, 0, -0.3505}, dark),     // what the arm stands on
      box("hand", {0.03, 0.008, 0.005}, {0.055, 0, 0.015}, dark),     // the camera's arm
      box("table", {0.03, 0.03, 0.325}, {0.36, 0.36, -0.375}, wood),  // the table's legs
      box("table", {0.03, 0.03, 0.325}, {0.36, -0.36, -0.375}, wood),
      box("table", {0.03, 0.03, 0.325}, {-0.36, 0.36, -0.375}, wood),
      box("table", {0.03, 0.03, 0.325}, {-0.36, -0.36, -0.375}, wood),
      floor_at(-0.7),
  };
  parts.insert(parts.end(), more.begin(), more.end());
  return parts;
}

}  // namespace

void add_table(mjSpec* spec, const Vec3& table_m) {
  mjsBody* table = add_body(mjs_findBody(spec, "world"), "table", table_m);
  mjsGeom* top = add_geom(table, mjGEOM_BOX, {0.4, 0.4, 0.025}, {0, 0, -0.025}, {0.62f, 0.54f, 0.44f, 1});
  make_standing(top);
}

void make_graspable(mjsGeom* geom) {
  geom->contype = kCollideObject;
  geom->conaffinity = kCollideObject | kCollideTable | kCollideFinger;
  geom->friction[0] = 1.0;
  geom->condim = 4;
  stiffen(geom);
}

void make_standing(mjsGeom* geom) {
  geom->contype = kCollideTable;
  geom->conaffinity = kCollideObject | kCollideFinger;
}

std::unique_ptr<Environment> make_table_task(const FrankaTableConfig& config, TableTask task) {
  SimulatedTaskParts parts;
  parts.world = std::make_unique<World>(make_table_spec(config, task));
  World& world = *parts.world;
  const MujocoArmConfig arm{.max_linear_m_s = 1.0,
                            .max_angular_rad_s = 2.0,
                            .stop_force_N = config.max_force_N,
                            .latency_s = config.latency_s};
  parts.arm = std::make_unique<MujocoFrankaArm>(world, arm, table_impedance(config), kReady);
  parts.gripper = std::make_unique<MujocoFrankaHand>(world, FrankaHandConfig{.holds_width_m = task.held_width_m});
  auto scene = task.make_scene(world);
  TableScene& success = *scene;
  const SparseTaskConfig sparse{.name = task.name,
                                .start_m = in_base({task.start_m[0], task.start_m[1], 0.0}),
                                .start_height_m = task.start_m[2],
                                .start_spread_m = config.start_spread_m,
                                .start_turn_rad = task.start_turn_rad,
                                .start_min_m = in_base(task.workspace_min_m),
                                .start_max_m = in_base(task.workspace_max_m)};
  parts.task = std::make_unique<SparseTask>(sparse, std::move(scene), success);
  parts.manipulation = table_manipulation(config, task);
  parts.image_size = config.image_size;
  if (config.images) parts.cameras = {"scene", FrankaNames::wrist_camera};
  parts.dressing = table_dressing(task.dressing);
  return make_simulated_task(std::move(parts));
}

}  // namespace onramp::mujoco
