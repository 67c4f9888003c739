#include "simulated_task.h"

#include <utility>

#include "onramp/core/tensor_io.h"
#include "onramp/envs/mujoco/camera.h"
#include "onramp/envs/mujoco/renderer.h"

namespace onramp::mujoco {
namespace {

class SimulatedTask final : public Environment, public Renderable {
 public:
  explicit SimulatedTask(SimulatedTaskParts parts)
      : parts_(std::move(parts)),
        renderer_(world(), parts_.image_size, parts_.image_size, /*samples=*/0),
        cameras_(make_cameras()),
        environment_(parts_.manipulation, {world(), *parts_.arm, *parts_.gripper, pointers(), *parts_.task}),
        dressing_(world(), parts_.dressing) {}

  const EnvSpec& spec() const override { return environment_.spec(); }
  Observation reset(uint64_t seed) override { return environment_.reset(seed); }
  Step step(const at::Tensor& action) override { return environment_.step(action); }
  void standby() override { environment_.standby(); }

  at::Tensor render(int64_t width, int64_t height) override {
    if (!viewer_ || viewer_->width() != width || viewer_->height() != height) {
      viewer_.reset();
      viewer_ = std::make_unique<Renderer>(world(), width, height, /*samples=*/4);
      viewer_->dress([this](mjvScene& scene) { dressing_.add_to(scene); });
    }
    std::vector<uint8_t> rgb;
    viewer_->render(world().id(mjOBJ_CAMERA, "scene"), rgb);
    return copy_to_tensor<uint8_t>(rgb, {height, width, 3});
  }

 private:
  World& world() { return *parts_.world; }
  std::vector<MujocoCamera> make_cameras() {
    std::vector<MujocoCamera> cameras;
    for (const auto& name : parts_.cameras) cameras.emplace_back(world(), renderer_, name);
    return cameras;
  }
  std::vector<Camera*> pointers() {
    std::vector<Camera*> result;
    for (auto& camera : cameras_) result.push_back(&camera);
    return result;
  }

  // The environment stops the arm when it goes: it goes before the arm, as everything goes before the world.
  const SimulatedTaskParts parts_;
  Renderer renderer_;
  std::vector<MujocoCamera> cameras_;
  ManipulationEnvironment environment_;
  const Dressing dressing_;
  std::unique_ptr<Renderer> viewer_;
};

}  // namespace

mjSpec* make_empty_scene(double timestep_s) {
  mjSpec* spec = mj_makeSpec();
  spec->option.timestep = timestep_s;
  spec->option.integrator = mjINT_IMPLICITFAST;
  spec->option.iterations = 20;
  spec->visual.map.znear = 0.01f;
  spec->visual.map.zfar = 20.0f;
  spec->stat.extent = 1.0;
  add_sky(spec);
  return spec;
}

mjsBody* add_base(mjSpec* spec) {
  mjsBody* base = mjs_addBody(mjs_findBody(spec, "world"), nullptr);
  mjs_setName(base->element, "base");
  return base;
}

std::unique_ptr<Environment> make_simulated_task(SimulatedTaskParts parts) {
  return std::make_unique<SimulatedTask>(std::move(parts));
}

}  // namespace onramp::mujoco
