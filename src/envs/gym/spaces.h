// What an environment's spaces mean here, and where its observations and actions lie in the shared memory.
//
// The description comes from bridge.py: of each space a list of boxes {path, type, shape, dtype, low, high}; bounds are one
// number or one for each value, null where there is none. The layout goes back to it:
//   {bytes, success_key, action: {shape, dtype, offset}, observation: [{path, shape, dtype: float32 | uint8, offset}]}
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "onramp/envs/environment.h"
#include "onramp/envs/gym/gym_environment.h"

namespace onramp::gym {

/// From [-1, 1] to what the environment takes.
struct ActionScale {
  std::vector<double> low, high;
  bool is_double = false;  ///< of the space; else float32
  size_t offset = 0;

  /// Writes it into the shared memory. float32 [A].
  void write(std::span<const float> action, std::span<std::byte> memory) const;
};

/// Where an entry of the observation lies.
struct EntryPlace {
  EntrySpec spec;
  size_t offset = 0;
};

/// What was agreed on.
struct Agreement {
  EnvSpec spec;
  ActionScale action;
  std::vector<EntryPlace> entries;
  int64_t horizon = 0;  ///< steps after which `terminated` means a time limit; 0: never
  nlohmann::json layout;
};

/// @throws ConfigError about keys that do not exist; EnvironmentError about spaces that cannot be bridged
Agreement agree(const GymConfig& config, const nlohmann::json& facts);

Observation read_observation(const Agreement& agreement, std::span<const std::byte> memory);

}  // namespace onramp::gym
