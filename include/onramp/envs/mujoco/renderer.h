// Pictures of a World through EGL: no display, no window system.
//
// Thread safety: a Renderer belongs to one thread at a time, the one that made its first picture; a graphics context does
// not move between threads. Software rendering (Mesa) is enough: about 3000 pictures of 64x64 a second.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "onramp/envs/mujoco/world.h"

namespace onramp::mujoco {

/// Looks from a named camera of the model, or from a free camera.
class Renderer {
 public:
  /// Makes no graphics context yet. The world must outlive the renderer.
  /// @param samples  samples a pixel along its edges (multisampling); 0: none, fastest
  Renderer(World& world, int64_t width, int64_t height, int samples);
  ~Renderer();
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  /// For pictures that people look at: the model's sky behind everything, fog, and what `add` puts into the scene beside the
  /// model's own geoms. Before the first picture. Other renderers of the same world show neither.
  void dress(std::function<void(mjvScene&)> add) { dress_ = std::move(add); }

  /// @param camera  id of a camera of the model
  /// @param rgb     [height * width * 3], rows from the top
  /// @throws EnvironmentError "no EGL: ..." with what to install, when no context can be made.
  void render(int camera, std::vector<uint8_t>& rgb);

  int64_t width() const { return width_; }
  int64_t height() const { return height_; }

 private:
  struct Graphics;
  World& world_;
  int64_t width_, height_;
  int samples_;
  std::function<void(mjvScene&)> dress_;
  std::unique_ptr<Graphics> graphics_;
};

}  // namespace onramp::mujoco
