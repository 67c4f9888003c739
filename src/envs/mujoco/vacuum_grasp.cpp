#include "onramp/envs/mujoco/vacuum_grasp.h"

#include <utility>
#include <vector>

#include "dressing.h"
#include "onramp/core/tensor_io.h"
#include "onramp/envs/mujoco/camera.h"
#include "onramp/envs/mujoco/renderer.h"
#include "onramp/envs/mujoco/ur10e.h"
#include "onramp/envs/mujoco/world.h"
#include "onramp/envs/vacuum_grasp_task.h"

namespace onramp::mujoco {
namespace {

constexpr std::array<double, 3> kBin = {0.75, 0.0, 0.0};
// Elbow up, tool down, arm towards +x: near the pose above the bin, so that move_to() finds that branch.
constexpr std::array<double, 6> kHome = {3.14 - 0.23, -1.3, 1.8, -2.07, -1.57, 0.23};

mjSpec* make_scene(const VacuumGraspConfig& config, const BinSceneConfig& scene) {
  mjSpec* spec = mj_makeSpec();
  spec->option.timestep = config.timestep_s;
  spec->option.integrator = mjINT_IMPLICITFAST;
  spec->option.cone = mjCONE_PYRAMIDAL;
  spec->option.iterations = 20;
  spec->visual.map.znear = 0.01f;
  spec->visual.map.zfar = 20.0f;
  spec->stat.extent = 1.0;
  spec->visual.quality.numslices = 16;
  spec->visual.quality.numstacks = 8;
  add_sky(spec);
  add_bin_scene(spec, scene);
  mjsBody* base = mjs_addBody(mjs_findBody(spec, "world"), nullptr);
  mjs_setName(base->element, "base");
  add_ur10e_with_vacuum(spec, base, config.suction_N);
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

/// Owns everything behind the devices.
class VacuumGrasp final : public Environment, public Renderable {
 public:
  explicit VacuumGrasp(const VacuumGraspConfig& config)
      : world_(make_scene(config, scene_config(config))),
        arm_(world_, {.stop_force_N = config.max_force_N, .latency_s = config.latency_s}, kHome),
        gripper_(world_, {}),
        task_({.bin_m = kBin,
               .start_spread_m = config.start_spread_m,
               .safety_stop_is_terminal = config.safety_stop_is_terminal},
              std::make_unique<BinScene>(world_, scene_config(config))),
        renderer_(world_, config.image_size, config.image_size, /*samples=*/0),
        cameras_(make_cameras(config)),
        environment_(manipulation_config(config), {world_, arm_, gripper_, pointers(), task_}),
        dressing_(world_, vacuum_grasp_dressing()) {}

  const EnvSpec& spec() const override { return environment_.spec(); }
  Observation reset(uint64_t seed) override { return environment_.reset(seed); }
  Step step(const at::Tensor& action) override { return environment_.step(action); }
  void standby() override { environment_.standby(); }

  at::Tensor render(int64_t width, int64_t height) override {
    if (!viewer_ || viewer_->width() != width || viewer_->height() != height) {
      viewer_.reset();
      viewer_ = std::make_unique<Renderer>(world_, width, height, /*samples=*/4);
      viewer_->dress([this](mjvScene& scene) { dressing_.add_to(scene); });
    }
    std::vector<uint8_t> rgb;
    viewer_->render(world_.id(mjOBJ_CAMERA, "scene"), rgb);
    return copy_to_tensor<uint8_t>(rgb, {height, width, 3});
  }

 private:
  std::vector<MujocoCamera> make_cameras(const VacuumGraspConfig& config) {
    std::vector<MujocoCamera> cameras;
    if (config.images && config.view != View::kScene) cameras.emplace_back(world_, renderer_, "wrist");
    if (config.images && config.view != View::kWrist) cameras.emplace_back(world_, renderer_, "scene");
    return cameras;
  }
  std::vector<Camera*> pointers() {
    std::vector<Camera*> result;
    for (auto& camera : cameras_) result.push_back(&camera);
    return result;
  }

  World world_;
  MujocoArm arm_;
  MujocoVacuumGripper gripper_;
  VacuumGraspTask task_;
  Renderer renderer_;
  std::vector<MujocoCamera> cameras_;
  ManipulationEnvironment environment_;
  const Dressing dressing_;
  std::unique_ptr<Renderer> viewer_;
};

}  // namespace

std::unique_ptr<Environment> make_vacuum_grasp(const VacuumGraspConfig& config) {
  return std::make_unique<VacuumGrasp>(config);
}

}  // namespace onramp::mujoco
