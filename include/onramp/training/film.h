// Films of a policy at work.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "onramp/data/episode.h"
#include "onramp/data/policy.h"
#include "onramp/envs/environment.h"

namespace onramp {

/// Films one episode for each seed into one MP4, as film_frame() shows a step. The film is whole or not there.
/// @param tell  called after each episode
/// @throws IoError, EnvironmentError; ValueError when there is nothing to see
void film_policy(Environment& environment, Policy& policy, ActMode mode, const std::vector<uint64_t>& seeds,
                 const std::filesystem::path& path, const std::function<void(const Episode&)>& tell = {});

/// The seed of held-out situation `number`: the same for every run, so that scores are paired.
uint64_t held_out_seed(int64_t number);

}  // namespace onramp
