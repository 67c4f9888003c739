#include "onramp/envs/mujoco/lift.h"

#include <utility>
#include <vector>

#include "dressing.h"
#include "onramp/core/tensor_io.h"
#include "onramp/envs/lift_task.h"
#include "onramp/envs/mujoco/camera.h"
#include "onramp/envs/mujoco/cube_scene.h"
#include "onramp/envs/mujoco/franka.h"
#include "onramp/envs/mujoco/renderer.h"
#include "onramp/envs/mujoco/world.h"

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
  mjSpec* spec = mj_makeSpec();
  spec->option.timestep = config.timestep_s;
  spec->option.integrator = mjINT_IMPLICITFAST;
  spec->option.cone = mjCONE_ELLIPTIC;  // a held cube creeps less under exact friction cones
  spec->option.impratio = 10;
  spec->option.iterations = 20;
  spec->visual.map.znear = 0.01f;
  spec->visual.map.zfar = 20.0f;
  spec->stat.extent = 1.0;
  spec->visual.quality.numslices = 20;
  spec->visual.quality.numstacks = 10;
  add_sky(spec);
  add_cube_scene(spec, cube_scene_config(config));
  mjsBody* base = mjs_addBody(mjs_findBody(spec, "world"), nullptr);
  mjs_setName(base->element, "base");
  add_franka_with_hand(spec, base, config.grasp_N);
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

/// Owns everything behind the devices.
class Lift final : public Environment, public Renderable {
 public:
  explicit Lift(const LiftConfig& config)
      : world_(make_lift_scene(config)),
        arm_(world_,
             {.max_linear_m_s = 1.0,
              .max_angular_rad_s = 2.0,
              .stop_force_N = config.max_force_N,
              .latency_s = config.latency_s},
             impedance_config(config), kReady),
        hand_(world_, {}),
        scene_(new CubeScene(world_, cube_scene_config(config))),
        task_({.table_m = kTable, .start_height_m = kStartHeight_m, .start_spread_m = config.start_spread_m},
              std::unique_ptr<Scene>(scene_), *scene_),
        renderer_(world_, config.image_size, config.image_size, /*samples=*/0),
        cameras_(make_cameras(config)),
        environment_(lift_manipulation_config(config), {world_, arm_, hand_, pointers(), task_}),
        dressing_(world_, lift_dressing()) {}

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
  std::vector<MujocoCamera> make_cameras(const LiftConfig& config) {
    std::vector<MujocoCamera> cameras;
    if (!config.images) return cameras;
    for (const char* name : {"scene", FrankaNames::wrist_camera}) cameras.emplace_back(world_, renderer_, name);
    return cameras;
  }
  std::vector<Camera*> pointers() {
    std::vector<Camera*> result;
    for (auto& camera : cameras_) result.push_back(&camera);
    return result;
  }

  World world_;
  MujocoFrankaArm arm_;
  MujocoFrankaHand hand_;
  CubeScene* scene_;  // the task's
  LiftTask task_;
  Renderer renderer_;
  std::vector<MujocoCamera> cameras_;
  ManipulationEnvironment environment_;
  const Dressing dressing_;
  std::unique_ptr<Renderer> viewer_;
};

}  // namespace

std::unique_ptr<Environment> make_lift(const LiftConfig& config) { return std::make_unique<Lift>(config); }

}  // namespace onramp::mujoco
