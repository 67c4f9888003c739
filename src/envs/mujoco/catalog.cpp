#include "onramp/envs/mujoco/catalog.h"

#include "onramp/envs/mujoco/can.h"
#include "onramp/envs/mujoco/lift.h"
#include "onramp/envs/mujoco/square.h"
#include "onramp/envs/mujoco/vacuum_grasp.h"

namespace onramp::mujoco {

void add_environments(Registry<Environment>& environments) {
  environments.add<CanConfig>(
      "can", "Franka puts a can into the bin it belongs to, seen by its state or by two cameras (MuJoCo)", make_can);
  environments.add<LiftConfig>(
      "lift", "Franka with a parallel hand lifts a cube from a table, seen by its state or by two cameras (MuJoCo)",
      make_lift);
  environments.add<SquareConfig>(
      "square", "Franka puts a square nut onto a peg, seen by its state or by two cameras (MuJoCo)", make_square);
  environments.add<VacuumGraspConfig>(
      "vacuum_grasp", "UR10e with a suction cup lifts an item out of a bin, seen by a wrist camera (MuJoCo)",
      make_vacuum_grasp);
}

}  // namespace onramp::mujoco
