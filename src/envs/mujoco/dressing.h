// What pictures for people show beside the model: parts that close the gaps of the drawn arm, and what it stands on. It is put
// into the scene of such a picture alone: the physics and the pictures that policies see know nothing of it. Internal.
#pragma once

#include <mujoco/mujoco.h>

#include <vector>

#include "onramp/envs/mujoco/world.h"
#include "spec_helpers.h"

namespace onramp::mujoco {

/// The world must outlive it.
class Dressing {
 public:
  explicit Dressing(World& world);
  /// At the places where the bodies are now.
  void add_to(mjvScene& scene) const;

 private:
  struct Part {
    int body;
    mjtGeom type;   // mjGEOM_CYLINDER from one point to another, or mjGEOM_BOX around a point
    Vec3 from, to;  // in the body's frame; box: middle, half lengths
    double radius_m;
    Colour rgba;
  };
  World& world_;
  std::vector<Part> parts_;
};

/// Behind everything, where a renderer is told to draw it.
void add_sky(mjSpec* spec);

}  // namespace onramp::mujoco
