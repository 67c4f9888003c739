// A table with a cube on it (robosuite's Lift).
#pragma once

#include <mujoco/mujoco.h>

#include <array>
#include <string>
#include <vector>

#include "onramp/base/random.h"
#include "onramp/envs/mujoco/table_scene.h"
#include "onramp/envs/mujoco/world.h"

namespace onramp::mujoco {

/// Where the table stands and where the cube lies. Defaults: robosuite's Lift.
struct CubeSceneConfig {
  std::array<double, 3> table_m = {0.45, 0.0, 0.0};  ///< middle of its top, in the world
  double half_size_m = 0.021;
  double density_kg_m3 = 1000.0;
  double spread_m = 0.03;       ///< along each axis from the table's middle
  double rotation_rad = 3.14;   ///< about the vertical, either way
  double lift_height_m = 0.04;  ///< of the cube's middle above the table: lifted
  bool observe_object = true;   ///< whether policies see the cube's state
};

/// Adds table and cube to a spec.
void add_cube_scene(mjSpec* spec, const CubeSceneConfig& config);

/// Places the cube anew at each reset, and tells whether it is lifted. `privileged` and `object`: as FreeBody has them.
class CubeScene final : public TableScene {
 public:
  CubeScene(World& world, CubeSceneConfig config);
  void reset(Rng& random) override;
  std::vector<std::string> privileged_fields() const override { return cube_.privileged_fields(); }
  void read_privileged(std::vector<float>& values) override { cube_.read_privileged(values); }
  std::vector<std::string> object_fields() const override;
  void read_objects(const Signals& signals, std::vector<float>& values) override;
  bool succeeded(const Signals& signals) override;

 private:
  World& world_;
  const CubeSceneConfig config_;
  FreeBody cube_;
};

}  // namespace onramp::mujoco
