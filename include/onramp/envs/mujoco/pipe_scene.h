// A pipe on a table and a fixture that it goes into (Q2RL, arXiv:2605.05172, app. D-C: Pipe Assembly).
#pragma once

#include <mujoco/mujoco.h>

#include <array>
#include <string>
#include <vector>

#include "onramp/base/random.h"
#include "onramp/envs/mujoco/table_scene.h"
#include "onramp/envs/mujoco/world.h"

namespace onramp::mujoco {

/// Where pipe and fixture lie and how they fit. The paper: mating tolerance 1 to 2 mm, insertion length 57 mm, the fixture not
/// aligned with the pipe. Shapes, and by how much it is not, are ours. Lengths from the table's middle.
struct PipeSceneConfig {
  std::array<double, 3> table_m = {0.45, 0.0, 0.0};     ///< middle of its top, in the world
  std::array<double, 2> pipe_m = {-0.06, -0.1};         ///< middle of the pipe, which lies along x
  double pipe_spread_m = 0.003;                         ///< it lies at most this far aside, x and y
  double pipe_rotation_rad = 0.03;                      ///< and turned by at most this, either way
  std::array<double, 3> mouth_m = {0.055, 0.09, 0.08};  ///< middle of the fixture's mouth
  double fixture_turn_rad = 0.26;                       ///< of the way in, from x towards y
  double clearance_m = 0.0015;                          ///< the fixture is so much wider than the pipe
  double insertion_m = 0.057;                           ///< inserted
  bool observe_object = true;                           ///< whether policies see the state of pipe and fixture
};

/// Adds table, pipe and fixture to a spec.
void add_pipe_scene(mjSpec* spec, const PipeSceneConfig& config);

/// Lays the pipe down anew at each reset, and tells whether it is inserted. For contacts the pipe is a square bar with its edges
/// cut off (it lies still, and a flat pad holds it as a soft one would hold a round pipe), and the fixture a square duct.
/// `privileged`: the pipe's middle, turn and pitch of its axis, the middle of the mouth and the fixture's turn.
/// `object`: from the pipe's end to the mouth and from the tool to the pipe's middle in units of 0.1 m, the pipe's quaternion
/// (w x y z, w >= 0).
class PipeScene final : public TableScene {
 public:
  /// The arm's base frame must be the world's.
  PipeScene(World& world, PipeSceneConfig config);
  void reset(Rng& random) override;
  std::vector<std::string> privileged_fields() const override;
  void read_privileged(std::vector<float>& values) override;
  std::vector<std::string> object_fields() const override;
  void read_objects(const Signals& signals, std::vector<float>& values) override;
  bool succeeded(const Signals& signals) override;

  static constexpr double kPipeRadius_m = 0.02, kPipeHalfLength_m = 0.08;

 private:
  Eigen::Vector3d end_m() const;  // that goes in first; in the table's frame
  Eigen::Vector3d mouth_m() const { return Eigen::Vector3d::Map(config_.mouth_m.data()); }

  World& world_;
  const PipeSceneConfig config_;
  FreeBody pipe_;  // x along it
};

}  // namespace onramp::mujoco
