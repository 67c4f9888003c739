#include "onramp/envs/mujoco/kitting.h"

#include "table_task.h"

namespace onramp::mujoco {

std::unique_ptr<Environment> make_kitting(const KittingConfig& config) {
  const KittingSceneConfig scene{.table_m = kFrankaTable,
                                 .layout = config.layout,
                                 .part_spread_m = config.part_spread_m,
                                 .part_rotation_rad = config.part_rotation_rad,
                                 .observe_object = !config.images};
  // Table V: [-0.2, 0.3], [-0.2, 0.2], [-0.18, 0.05] around the start. The finger tips, 9 mm below the grasp point, then keep
  // 7 mm off a bin's floor.
  return make_table_task(config,
                         {.name = "kitting",
                          .control_period_s = 0.1,
                          .start_m = {0, 0, 0.2},
                          .workspace_min_m = {-0.2, -0.2, 0.2 - 0.18},
                          .workspace_max_m = {0.3, 0.2, 0.2 + 0.05},
                          .camera_m = {0.52, -0.33, 0.42},
                          .camera_at_m = {0.0, 0, 0.04},
                          .add_objects = [scene](mjSpec* spec) { add_kitting_scene(spec, scene); },
                          .make_scene = [scene](World& world) { return std::make_unique<KittingScene>(world, scene); },
                          .dressing = {}});
}

}  // namespace onramp::mujoco
