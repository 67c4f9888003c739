#include "onramp/envs/mujoco/pipe_assembly.h"

#include "onramp/envs/mujoco/pipe_scene.h"
#include "table_task.h"

namespace onramp::mujoco {

std::unique_ptr<Environment> make_pipe_assembly(const PipeAssemblyConfig& config) {
  const PipeSceneConfig scene{.table_m = kFrankaTable,
                              .pipe_spread_m = config.pipe_spread_m,
                              .pipe_rotation_rad = config.pipe_rotation_rad,
                              .fixture_turn_rad = config.fixture_turn_rad,
                              .clearance_m = config.clearance_m,
                              .observe_object = !config.images};
  // Table V: [-0.2, 0.1], [-0.2, 0.2], [-0.4, 0.05] around the start. At its floor the hand is as low as the pipe's middle, and
  // the finger tips keep 11 mm off the table.
  const double start_m = PipeScene::kPipeRadius_m + 0.4;
  return make_table_task(config,
                         {.name = "pipe_assembly",
                          .control_period_s = 0.1,
                          .start_m = {0, 0, start_m},
                          .workspace_min_m = {-0.2, -0.2, start_m - 0.4},
                          .workspace_max_m = {0.1, 0.2, start_m + 0.05},
                          .camera_m = {0.08, -0.6, 0.33},
                          .camera_at_m = {0.0, 0.02, 0.08},
                          .add_objects = [scene](mjSpec* spec) { add_pipe_scene(spec, scene); },
                          .make_scene = [scene](World& world) { return std::make_unique<PipeScene>(world, scene); },
                          .dressing = {}});
}

}  // namespace onramp::mujoco
