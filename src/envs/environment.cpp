#include "onramp/envs/environment.h"

#include <cmath>

#include "onramp/base/error.h"

namespace onramp {
namespace {

[[noreturn]] void refuse(const EnvSpec& spec, const std::string& what) {
  throw EnvironmentError(concat("environment '", spec.name, "' gave what its spec() does not promise: ", what));
}

}  // namespace

void check_observation(const Observation& observation, const EnvSpec& spec) {
  try {
    check_observation(observation, spec.observation);
  } catch (const Error& error) {
    refuse(spec, error.what());
  }
  for (const auto& entry : spec.observation.entries) {
    const auto count = observation.at(entry.name).numel();
    if (count != entry.numel()) {
      refuse(spec, concat("observation '", entry.name, "': want ", entry.numel(), " values, got ", count));
    }
  }
}

void check_step(const Step& step, const EnvSpec& spec) {
  check_observation(step.obs, spec);
  if (!std::isfinite(step.reward)) refuse(spec, concat("reward: want a number, got ", step.reward));
}

}  // namespace onramp
