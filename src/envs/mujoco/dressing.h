// What pictures for people show beside the model: parts that close the gaps of the drawn arm, and what it stands on. It is put
// into the scene of such a picture alone: the physics and the pictures that policies see know nothing of it. Internal.
#pragma once

#include <mujoco/mujoco.h>

#include <string>
#include <vector>

#include "onramp/envs/mujoco/world.h"
#include "spec_helpers.h"

namespace onramp::mujoco {

/// A part of what people see, fixed to a body.
struct DressingPart {
  std::string body;
  mjtGeom type;   ///< mjGEOM_CYLINDER from one point to another, or mjGEOM_BOX around a point
  Vec3 from, to;  ///< in the body's frame; box: middle, half lengths
  double radius_m;
  Colour rgba;
};
DressingPart cylinder(const char* body, double radius_m, const Vec3& from, const Vec3& to, const Colour& rgba);
DressingPart box(const char* body, const Vec3& half, const Vec3& middle, const Colour& rgba);
/// At this height, as far as one sees.
DressingPart floor_at(double z_m);

/// Those of `vacuum_grasp`.
std::vector<DressingPart> vacuum_grasp_dressing();

/// The world must outlive it.
class Dressing {
 public:
  Dressing(World& world, const std::vector<DressingPart>& parts);
  /// At the places where the bodies are now.
  void add_to(mjvScene& scene) const;

 private:
  World& world_;
  std::vector<DressingPart> parts_;
  std::vector<int> bodies_;  // of the parts
};

/// Behind everything, where a renderer is told to draw it.
void add_sky(mjSpec* spec);

}  // namespace onramp::mujoco
