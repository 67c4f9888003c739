#include "onramp/envs/mujoco/lift.h"

#include "onramp/envs/mujoco/cube_scene.h"
#include "table_task.h"

namespace onramp::mujoco {

std::unique_ptr<Environment> make_lift(const LiftConfig& config) {
  const CubeSceneConfig scene{.table_m = kFrankaTable,
                              .spread_m = config.cube_spread_m,
                              .rotation_rad = config.cube_rotation_rad,
                              .observe_object = !config.images};
  // Table V, kitting: [-0.2, 0.3], [-0.2, 0.2], [-0.18, 0.05] around the start. The finger tips, 9 mm below the grasp point,
  // then keep 11 mm off the table: room for the swing of a hand that comes down at full speed.
  return make_table_task(config,
                         {.name = "lift",
                          .start_m = {0, 0, 0.2},
                          .workspace_min_m = {-0.2, -0.2, 0.2 - 0.18},
                          .workspace_max_m = {0.3, 0.2, 0.2 + 0.05},
                          .camera_m = {0.45, -0.38, 0.27},
                          .camera_at_m = {-0.03, 0, 0.1},
                          .add_objects = [scene](mjSpec* spec) { add_cube_scene(spec, scene); },
                          .make_scene = [scene](World& world) { return std::make_unique<CubeScene>(world, scene); },
                          .dressing = {}});
}

}  // namespace onramp::mujoco
