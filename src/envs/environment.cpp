#include "onramp/envs/environment.h"

#include "onramp/base/error.h"

namespace onramp {

void check_observation(const Observation& observation, const EnvSpec& spec) {
  try {
    check_observation(observation, spec.observation);
  } catch (const Error& error) {
    throw EnvironmentError(
        concat("environment '", spec.name, "' gave what its spec() does not promise: ", error.what()));
  }
}

}  // namespace onramp
