#include "onramp/envs/mujoco/camera.h"

#include <utility>

namespace onramp::mujoco {

MujocoCamera::MujocoCamera(World& world, Renderer& renderer, std::string name)
    : world_(world), renderer_(renderer), name_(std::move(name)), id_(world.id(mjOBJ_CAMERA, name_)) {
  image_.width = renderer.width();
  image_.height = renderer.height();
}

const Image& MujocoCamera::capture() {
  renderer_.render(id_, image_.rgb);
  image_.stamp_s = world_.now();
  return image_;
}

}  // namespace onramp::mujoco
