// From steps of an environment to an episode, for the two who record: the trainer's collector and the Recorder wrapper.
#pragma once

#include <map>
#include <string>

#include "onramp/data/episode_builder.h"
#include "onramp/envs/environment.h"

namespace onramp {

/// Checks a first observation and starts an episode with it. @throws EnvironmentError (check_observation)
void record_reset(EpisodeBuilder& builder, const EnvSpec& spec, const Observation& first);

/// Checks a step and appends it; its timings become columns "<name>_us". A step that is refused leaves nothing behind.
/// @param extra  further columns, as EpisodeBuilder::add takes them. @throws EnvironmentError (check_step)
void record_step(EpisodeBuilder& builder, const EnvSpec& spec, const at::Tensor& action, const Step& step,
                 std::map<std::string, at::Tensor> extra = {});

}  // namespace onramp
