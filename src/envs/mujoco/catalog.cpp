#include "onramp/envs/mujoco/catalog.h"

#include "onramp/envs/mujoco/lift.h"
#include "onramp/envs/mujoco/vacuum_grasp.h"

namespace onramp::mujoco {

void add_environments(Registry<Environment>& environments) {
  environments.add<LiftConfig>(
      "lift", "Franka with a parallel hand lifts a cube from a table, seen by its state or by two cameras (MuJoCo)",
      make_lift);
  environments.add<VacuumGraspConfig>(
      "vacuum_grasp", "UR10e with a suction cup lifts an item out of a bin, seen by a wrist camera (MuJoCo)",
      make_vacuum_grasp);
}

}  // namespace onramp::mujoco
