#include "onramp/envs/mujoco/square.h"

#include "onramp/envs/mujoco/nut_scene.h"
#include "table_task.h"

namespace onramp::mujoco {

std::unique_ptr<Environment> make_square(const SquareConfig& config) {
  const NutSceneConfig scene{.table_m = kFrankaTable,
                             .spread_m = config.nut_spread_m,
                             .rotation_rad = config.nut_rotation_rad,
                             .observe_object = !config.images};
  return make_table_task(config,
                         {.name = "square",
                          .start_m = {-0.03, 0, 0.2},  // between nut and peg
                          .workspace_min_m = {-0.2, -0.2, 0.02},
                          .workspace_max_m = {0.3, 0.2, 0.25},
                          .camera_m = {0.5, -0.36, 0.34},
                          .camera_at_m = {-0.02, 0.01, 0.06},
                          .add_objects = [scene](mjSpec* spec) { add_nut_scene(spec, scene); },
                          .make_scene = [scene](World& world) { return std::make_unique<NutScene>(world, scene); },
                          .dressing = {}});
}

}  // namespace onramp::mujoco
