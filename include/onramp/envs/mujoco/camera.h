// A camera of the model as a device.
#pragma once

#include <string>

#include "onramp/envs/devices.h"
#include "onramp/envs/mujoco/renderer.h"

namespace onramp::mujoco {

/// Renders at each capture().
class MujocoCamera final : public Camera {
 public:
  /// The renderer sets the size; several cameras of one size may share it.
  MujocoCamera(World& world, Renderer& renderer, std::string name);

  const std::string& name() const override { return name_; }
  int64_t width() const override { return renderer_.width(); }
  int64_t height() const override { return renderer_.height(); }
  const Image& capture() override;

 private:
  World& world_;
  Renderer& renderer_;
  std::string name_;
  int id_;
  Image image_;
};

}  // namespace onramp::mujoco
