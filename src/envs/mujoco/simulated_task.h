// What simulated tasks share: an environment that owns all that lies behind its devices. Internal.
#pragma once

#include <mujoco/mujoco.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dressing.h"
#include "onramp/envs/environment.h"
#include "onramp/envs/manipulation_environment.h"
#include "onramp/envs/mujoco/world.h"

namespace onramp::mujoco {

/// A spec with the solver's and the camera's settings that all scenes share, a sky, and nothing else.
mjSpec* make_empty_scene(double timestep_s);
/// The body "base" at the origin, on which an arm stands.
mjsBody* add_base(mjSpec* spec);

/// What makes a task: all but the world refers to the world.
struct SimulatedTaskParts {
  std::unique_ptr<World> world;
  std::unique_ptr<Arm> arm;
  std::unique_ptr<Gripper> gripper;
  std::unique_ptr<Task> task;
  ManipulationConfig manipulation;
  int64_t image_size = 0;
  std::vector<std::string> cameras;  ///< those that policies see
  std::vector<DressingPart> dressing;
};

/// Also a Renderable: the model's camera "scene".
std::unique_ptr<Environment> make_simulated_task(SimulatedTaskParts parts);

}  // namespace onramp::mujoco
