// A board with a square hole, and a peg in the hand (Q2RL, arXiv:2605.05172, app. D-C: Peg Insertion).
#pragma once

#include <mujoco/mujoco.h>

#include <array>
#include <string>
#include <vector>

#include "onramp/base/random.h"
#include "onramp/envs/mujoco/table_scene.h"
#include "onramp/envs/mujoco/world.h"

namespace onramp::mujoco {

/// Where the board lies and how the peg fits. The paper: mating tolerance 1 to 2 mm, insertion length 50 mm. Shapes are ours.
struct PegSceneConfig {
  std::array<double, 3> table_m = {0.45, 0.0, 0.0};  ///< middle of its top, in the world
  std::array<double, 2> board_m = {0.015, -0.04};    ///< middle of the hole, from the table's middle
  double board_spread_m = 0.0;                       ///< the board lies at most this far aside, x and y
  double clearance_m = 0.0015;                       ///< the hole is so much wider than the peg
  double insertion_m = 0.05;                         ///< inserted
  bool observe_object = true;                        ///< whether policies see the state of peg and hole
};

/// Adds table, board and peg to a spec.
void add_peg_scene(mjSpec* spec, const PegSceneConfig& config);

/// Puts the peg into the hand at each reset, and tells whether it is inserted.
/// `privileged`: the middle of the peg's lower face, its turn away from upright (a rotation vector), and the middle of the
/// hole's upper rim. `object`: from the peg's lower face to the rim in units of 0.1 m, the peg's quaternion (w x y z, w >= 0),
/// and the rim's place.
class PegScene final : public TableScene {
 public:
  /// The arm's base frame must be the world's, and the hand must close on the peg.
  PegScene(World& world, PegSceneConfig config);
  void reset(Rng& random) override;
  void tool_starts_at(const Eigen::Isometry3d& X_BaseTcp) override;
  std::vector<std::string> privileged_fields() const override;
  void read_privileged(std::vector<float>& values) override;
  std::vector<std::string> object_fields() const override;
  void read_objects(const Signals& signals, std::vector<float>& values) override;
  bool succeeded(const Signals& signals) override;

  static constexpr double kPegWidth_m = 0.024;
  static constexpr double kTipBelowTool_m = 0.065;  ///< in the hand, as an attempt starts
  static constexpr double kBoardHeight_m = 0.052;   ///< the hole goes through

 private:
  Eigen::Vector3d tip_m() const;  // middle of the lower face, in the table's frame
  Eigen::Vector3d rim_m() const;

  World& world_;
  const PegSceneConfig config_;
  FreeBody peg_;
  int board_;
};

}  // namespace onramp::mujoco
