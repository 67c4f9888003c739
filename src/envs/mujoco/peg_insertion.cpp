#include "onramp/envs/mujoco/peg_insertion.h"

#include "onramp/envs/mujoco/peg_scene.h"
#include "table_task.h"

namespace onramp::mujoco {

std::unique_ptr<Environment> make_peg_insertion(const PegInsertionConfig& config) {
  const PegSceneConfig scene{.table_m = kFrankaTable,
                             .board_spread_m = config.board_spread_m,
                             .clearance_m = config.clearance_m,
                             .observe_object = !config.images};
  // Table V: [-0.02, 0.05], [-0.1, 0.02], [-0.13, 0.02] around the reset pose. The paper says not where in it the hole is: here
  // the peg is inserted 15 mm above the box's floor, so that the hand can press it in, but not with more than 15 N at rest.
  const double inserted_m = PegScene::kBoardHeight_m - scene.insertion_m + PegScene::kTipBelowTool_m;
  const double start_m = inserted_m - 0.015 + 0.13;
  return make_table_task(config,
                         {.name = "peg_insertion",
                          .control_period_s = 0.1,
                          .start_m = {0, 0, start_m},
                          .start_turn_rad = config.start_turn_rad,
                          .workspace_min_m = {-0.02, -0.1, start_m - 0.13},
                          .workspace_max_m = {0.05, 0.02, start_m + 0.02},
                          .held_width_m = PegScene::kPegWidth_m,
                          .camera_m = {0.38, -0.36, 0.26},
                          .camera_at_m = {0.0, -0.02, 0.1},
                          .add_objects = [scene](mjSpec* spec) { add_peg_scene(spec, scene); },
                          .make_scene = [scene](World& world) { return std::make_unique<PegScene>(world, scene); },
                          .dressing = {}});
}

}  // namespace onramp::mujoco
