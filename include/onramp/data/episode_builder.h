// Grows an Episode step by step from tensors: the one place where observations become recorded host memory.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

#include "onramp/data/episode.h"
#include "onramp/data/observation.h"

namespace onramp {

/// Order: start once, then add for each step, then finish. Observations have been checked against the spec where they came
/// in (check_observation). Not thread-safe.
class EpisodeBuilder {
 public:
  EpisodeBuilder(ObservationSpec observation, ActionSpec action);

  /// First observation (single, not batched). Forgets whatever was recorded before.
  void start(const Observation& first);
  /// One step. @param executed the action after limits; undefined: as asked. @param extra named columns, float [W] each;
  /// every step of an episode carries the same names and widths.
  void add(const at::Tensor& action, const at::Tensor& executed, double reward, bool success, const Observation& next,
           const std::map<std::string, at::Tensor>& extra = {});
  int64_t length() const { return episode_.length(); }
  Episode finish(EndReason end, bool safety_stop_is_terminal, std::map<std::string, std::string> meta);

 private:
  void append(const Observation& observation);
  Episode episode_;
};

/// Observation `t` (0..T) of an episode, as single tensors that own their memory.
Observation observation_at(const Episode& episode, int64_t t);

}  // namespace onramp
