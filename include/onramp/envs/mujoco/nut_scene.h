// A table with a square nut that has a handle, and a square peg for it (robosuite's NutAssemblySquare).
#pragma once

#include <mujoco/mujoco.h>

#include <array>
#include <string>
#include <vector>

#include "onramp/base/random.h"
#include "onramp/envs/mujoco/table_scene.h"
#include "onramp/envs/mujoco/world.h"

namespace onramp::mujoco {

/// Where nut and peg are, and how large. Lengths in the table's frame; of the nut in its own, its handle along x. Defaults:
/// robosuite's, where square.h does not say otherwise.
struct NutSceneConfig {
  std::array<double, 3> table_m = {0.45, 0.0, 0.0};  ///< middle of its top, in the world
  double half_opening_m = 0.02275;                   ///< of the nut's square hole
  double rim_m = 0.021;                              ///< from the hole to the outside
  double half_thickness_m = 0.015;
  double handle_end_m = 0.07925;  ///< from the nut's middle
  double handle_half_width_m = 0.015875;
  double density_kg_m3 = 1000.0;
  std::array<double, 2> start_m = {-0.11, -0.04};   ///< middle of where the nut lies
  std::array<double, 2> spread_m = {0.02, 0.0575};  ///< about it
  double rotation_rad = 0.8;                        ///< of the handle away from straight ahead, either way
  std::array<double, 2> peg_m = {0.08, 0.1};
  double peg_half_m = 0.016, peg_height_m = 0.13;
  double on_peg_m = 0.03;      ///< on the peg: the nut's middle is no farther from the peg's along x and y ...
  double on_height_m = 0.05;   ///< ... and lower than this
  bool observe_object = true;  ///< whether policies see the nut's state
};

/// Adds table, peg and nut to a spec.
void add_nut_scene(mjSpec* spec, const NutSceneConfig& config);

/// Places the nut anew at each reset, flat, and tells whether it is on the peg. `privileged`: the nut as FreeBody has it, x and y
/// of the peg. `object`: the nut as FreeBody has it.
class NutScene final : public TableScene {
 public:
  NutScene(World& world, NutSceneConfig config);
  void reset(Rng& random) override;
  std::vector<std::string> privileged_fields() const override;
  void read_privileged(std::vector<float>& values) override;
  std::vector<std::string> object_fields() const override;
  void read_objects(const Signals& signals, std::vector<float>& values) override;
  bool succeeded(const Signals& signals) override;

 private:
  World& world_;
  const NutSceneConfig config_;
  FreeBody nut_;
};

}  // namespace onramp::mujoco
