// A bin with a can in it and beside it four bins, one of which the can belongs to (robosuite's PickPlaceCan).
#pragma once

#include <mujoco/mujoco.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "onramp/base/random.h"
#include "onramp/envs/mujoco/table_scene.h"
#include "onramp/envs/mujoco/world.h"

namespace onramp::mujoco {

/// Where the bins stand, on the table's top, and where the can does. Lengths in the table's frame.
struct CanSceneConfig {
  std::array<double, 3> table_m = {0.45, 0.0, 0.0};  ///< middle of its top, in the world
  std::array<double, 2> bin_half_m = {0.19, 0.18};   ///< inside, x and y; the four are its quarters
  double bins_apart_m = 0.42;                        ///< from the middle of one side to that of the other, along y
  double wall_height_m = 0.05;
  double radius_m = 0.025;  ///< of the can
  double half_height_m = 0.05;
  double density_kg_m3 = 1000.0;
  std::array<double, 2> spread_m = {0.14, 0.13};  ///< of the can about the middle of its bin
  int64_t target_bin = 3;         ///< 0: near and inner, 1: far, inner, 2: near, outer, 3: far and outer
  double inside_height_m = 0.08;  ///< in a bin: the can's middle below this
  double away_m = 0.042;          ///< let go: the tool is farther than this from the can's middle
  bool observe_object = true;     ///< whether policies see the can's state
};

/// Adds table, bins and can to a spec.
void add_can_scene(mjSpec* spec, const CanSceneConfig& config);

/// Places the can anew at each reset, upright, and tells whether it was put into the bin it belongs to. `privileged`: the can as
/// FreeBody has it, x and y of the middle of its target. `object`: as FreeBody has it.
class CanScene final : public TableScene {
 public:
  CanScene(World& world, CanSceneConfig config);
  void reset(Rng& random) override;
  std::vector<std::string> privileged_fields() const override;
  void read_privileged(std::vector<float>& values) override;
  std::vector<std::string> object_fields() const override;
  void read_objects(const Signals& signals, std::vector<float>& values) override;
  bool succeeded(const Signals& signals) override;

 private:
  bool is_touched() const;  // by the hand

  World& world_;
  const CanSceneConfig config_;
  const std::array<double, 2> target_m_;  // middle of the bin
  FreeBody can_;
};

}  // namespace onramp::mujoco
