#include "onramp/envs/gym/catalog.h"

#include "onramp/envs/gym/gym_environment.h"

namespace onramp::gym {

void add_environments(Registry<Environment>& environments) {
  environments.add<GymConfig>("gym", "an environment of Gymnasium, or one with its interface, in a Python process",
                              make_gym_environment);
}

}  // namespace onramp::gym
