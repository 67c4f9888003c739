#include "onramp/envs/mujoco/catalog.h"

#include "onramp/envs/mujoco/can.h"
#include "onramp/envs/mujoco/kitting.h"
#include "onramp/envs/mujoco/lift.h"
#include "onramp/envs/mujoco/peg_insertion.h"
#include "onramp/envs/mujoco/pipe_assembly.h"
#include "onramp/envs/mujoco/square.h"
#include "onramp/envs/mujoco/vacuum_grasp.h"

namespace onramp::mujoco {

void add_environments(Registry<Environment>& environments) {
  environments.add<CanConfig>(
      "can", "Franka puts a can into the bin it belongs to, seen by its state or by two cameras (MuJoCo)", make_can);
  environments.add<KittingConfig>("kitting",
                                  "Franka with a parallel hand takes a part of each of two bins into a tray, seen by "
                                  "their state or by two cameras (MuJoCo)",
                                  make_kitting);
  environments.add<LiftConfig>(
      "lift", "Franka with a parallel hand lifts a cube from a table, seen by its state or by two cameras (MuJoCo)",
      make_lift);
  environments.add<PegInsertionConfig>(
      "peg_insertion", "Franka brings a peg that it holds into a hole, seen by its state or by two cameras (MuJoCo)",
      make_peg_insertion);
  environments.add<PipeAssemblyConfig>("pipe_assembly",
                                       "Franka with a parallel hand takes a pipe and brings it into a fixture, seen by "
                                       "its state or by two cameras (MuJoCo)",
                                       make_pipe_assembly);
  environments.add<SquareConfig>(
      "square", "Franka puts a square nut onto a peg, seen by its state or by two cameras (MuJoCo)", make_square);
  environments.add<VacuumGraspConfig>(
      "vacuum_grasp", "UR10e with a suction cup lifts an item out of a bin, seen by a wrist camera (MuJoCo)",
      make_vacuum_grasp);
}

}  // namespace onramp::mujoco
