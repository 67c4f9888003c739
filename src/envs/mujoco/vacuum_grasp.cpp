#include "onramp/envs/mujoco/vacuum_grasp.h"

#include <utility>
#include <vector>

#include "onramp/envs/mujoco/ur10e.h"
#include "onramp/envs/vacuum_grasp_task.h"
#include "simulated_task.h"

namespace onramp::mujoco {
namespace {

constexpr std::array<double, 3> kBin = {0.75, 0.0, 0.0};
// Elbow up, tool down, arm towards +x: near the pose above the bin, so that move_to() finds that branch.
constexpr std::array<double, 6> kHome = {3.14 - 0.23, -1.3, 1.8, -2.07, -1.57, 0.23};

mjSpec* make_scene(const VacuumGraspConfig& config, const BinSceneConfig& scene) {
  mjSpec* spec = make_empty_scene(config.timestep_s);
  spec->option.cone = mjCONE_PYRAMIDAL;
  spec->visual.quality.numslices = 16;
  spec->visual.quality.numstacks = 8;
  add_bin_scene(spec, scene);
  add_ur10e_with_vacuum(spec, add_base(spec), config.suction_N);
  return spec;
}

BinSceneConfig scene_config(const VacuumGraspConfig& config) {
  return {.bin_m = kBin,
          .spread_m = config.item_spread_m,
          .item_scale = config.item_scale,
          .items = config.items,
          .lighting = config.lighting};
}

ManipulationConfig manipulation_config(const VacuumGraspConfig& config) {
  ManipulationConfig result{
      .task_origin_m = kBin, .max_steps = config.max_steps, .ends_at_success = config.ends_at_success};
  result.limits.linear_speed_m_s = config.linear_speed_m_s;
  result.limits.angular_speed_rad_s = config.angular_speed_rad_s;
  result.limits.max_rotation_rad.fill(config.max_rotation_rad);
  result.limits.max_force_N = config.max_force_N;
  return result;
}

}  // namespace

std::unique_ptr<Environment> make_vacuum_grasp(const VacuumGraspConfig& config) {
  const BinSceneConfig scene = scene_config(config);
  SimulatedTaskParts parts;
  parts.world = std::make_unique<World>(make_scene(config, scene));
  World& world = *parts.world;
  const MujocoArmConfig arm{.stop_force_N = config.max_force_N, .latency_s = config.latency_s};
  parts.arm = std::make_unique<MujocoArm>(world, arm, kHome);
  parts.gripper = std::make_unique<MujocoVacuumGripper>(world, MujocoVacuumConfig{});
  const VacuumGraspTaskConfig task{.bin_m = kBin,
                                   .start_spread_m = config.start_spread_m,
                                   .safety_stop_is_terminal = config.safety_stop_is_terminal};
  parts.task = std::make_unique<VacuumGraspTask>(task, std::make_unique<BinScene>(world, scene));
  parts.manipulation = manipulation_config(config);
  parts.image_size = config.image_size;
  if (config.images && config.view != View::kScene) parts.cameras.emplace_back(Ur10eNames::wrist_camera);
  if (config.images && config.view != View::kWrist) parts.cameras.emplace_back("scene");
  parts.dressing = vacuum_grasp_dressing();
  return make_simulated_task(std::move(parts));
}

}  // namespace onramp::mujoco
