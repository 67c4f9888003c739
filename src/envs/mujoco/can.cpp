#include "onramp/envs/mujoco/can.h"

#include "onramp/envs/mujoco/can_scene.h"
#include "table_task.h"

namespace onramp::mujoco {

std::unique_ptr<Environment> make_can(const CanConfig& config) {
  const CanSceneConfig scene{.table_m = kFrankaTable,
                             .spread_m = config.can_spread_m,
                             .target_bin = config.target_bin,
                             .observe_object = !config.images};
  return make_table_task(
      config,
      {.name = "can",
       .start_m = {0, -0.06, 0.22},  // between the sides, nearer to the can's
       // Over both sides up to the outer walls, within the reach of an upright hand; as near to the table as in lift.
       .workspace_min_m = {-0.18, -0.37, 0.02},
       .workspace_max_m = {0.18, 0.37, 0.3},
       .camera_m = {0.72, 0, 0.72},
       .camera_at_m = {-0.02, 0, 0.04},
       .add_objects = [scene](mjSpec* spec) { add_can_scene(spec, scene); },
       .make_scene = [scene](World& world) { return std::make_unique<CanScene>(world, scene); },
       .dressing = {}});
}

}  // namespace onramp::mujoco
