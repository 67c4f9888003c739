// Tasks of a Franka at a table: all that `lift` and its kin have in common, so that one of them is a scene, a region and a name.
// Internal.
#pragma once

#include <mujoco/mujoco.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dressing.h"
#include "onramp/envs/environment.h"
#include "onramp/envs/mujoco/franka_table.h"
#include "onramp/envs/mujoco/table_scene.h"
#include "spec_helpers.h"

namespace onramp::mujoco {

/// Middle of the table's top, in the arm's base frame, which is the world's.
inline constexpr Vec3 kFrankaTable = {0.45, 0.0, 0.0};

/// What a task at the table is made of. Lengths are in the table's frame: origin kFrankaTable, axes those of the arm's base.
struct TableTask {
  std::string name;
  double control_period_s = 0.05;
  Vec3 start_m = {0, 0, 0.2};                ///< of the tool, in the middle of where attempts start
  double start_turn_rad = 0.0;               ///< of the tool away from straight down, at most, about each axis
  Vec3 workspace_min_m, workspace_max_m;     ///< of the tool; attempts start within it
  double held_width_m = 0.0;                 ///< of what the hand holds throughout; 0: policies open and close it
  Vec3 camera_m, camera_at_m;                ///< where the scene camera stands and what it looks at
  std::function<void(mjSpec*)> add_objects;  ///< the table, too: add_table()
  std::function<std::unique_ptr<TableScene>(World&)> make_scene;
  std::vector<DressingPart> dressing;  ///< what people see beside arm, floor and the table's legs
};

/// An arm that follows the settings, hand, cameras `scene` and `wrist`, light, and the task: SparseTask over the scene.
std::unique_ptr<Environment> make_table_task(const FrankaTableConfig& config, TableTask task);

/// The body "table": a top of 0.8 x 0.8 m, whose middle is at `table_m` in the world.
void add_table(mjSpec* spec, const Vec3& table_m);
/// A geom that lies on tables and that fingers hold.
void make_graspable(mjsGeom* geom);
/// A geom that stands: fingers and objects meet it.
void make_standing(mjsGeom* geom);

}  // namespace onramp::mujoco
