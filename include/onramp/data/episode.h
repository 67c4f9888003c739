// One recorded episode as plain host memory: what happened, raw. LibTorch-free.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "onramp/data/end_reason.h"
#include "onramp/data/spec.h"

namespace onramp {

/// A named column of floats, `width` values a row (policy info, timing, mc_return, ...).
struct Column {
  int64_t width = 1;
  std::vector<float> values;  // [rows * width]
};

/// T steps and T + 1 observations. Rewards are raw (no transform). Invariant: every vector's length follows `length()`.
struct Episode {
  ObservationSpec observation_spec;
  ActionSpec action_spec;
  /// One per entry of the spec, in its order: (T + 1) * numel values.
  std::map<std::string, std::vector<float>> vectors;   // dtype float32
  std::map<std::string, std::vector<uint8_t>> images;  // dtype uint8, HWC
  std::vector<float> action;                           // [T * A] what the policy asked for, in [-1, 1]
  std::vector<float> executed_action;                  // [T * A] after limits, same units
  std::vector<float> reward;                           // [T] raw
  std::vector<uint8_t> success;                        // [T] raw success flag of each step
  std::map<std::string, Column> extra;                 // [T] rows each
  EndReason end = EndReason::kTimeLimit;
  bool safety_stop_is_terminal = false;
  /// Provenance: number in the run, seed of the reset, who acted, task, snapshot, ... (free text values)
  std::map<std::string, std::string> meta;

  int64_t length() const { return static_cast<int64_t>(reward.size()); }
  bool terminal() const { return is_terminal(end, safety_stop_is_terminal); }
  /// The raw success flag at any step.
  bool succeeded() const {
    for (uint8_t s : success) {
      if (s) return true;
    }
    return false;
  }
  bool success_at_end() const { return !success.empty() && success.back() != 0; }
};

}  // namespace onramp
