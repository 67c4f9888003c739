// What the episodes that a run recorded tell: actions, ways of the tool, times of the control loop, states to ask a critic of.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "onramp/data/observation.h"
#include "onramp/workflow/run_record.h"

namespace onramp {

/// Where an entry or an action has a motion in the plane: the places of its x and y among the values.
struct PlaneFields {
  std::string entry;  ///< of the observation; "" for the action
  int64_t x = 0, y = 0;
};
/// The first entry with fields named x and y ("x", "tool_x_m"), privileged ones first: those are in metres.
std::optional<PlaneFields> find_pose(const ObservationSpec& spec);
/// The action's velocities along x and y ("vx [0.2 m/s]").
std::optional<PlaneFields> find_velocity(const ActionSpec& spec);

/// Where the tool went in one episode.
struct Trajectory {
  int64_t attempt = 0;  ///< in its phase, from 1
  bool succeeded = false;
  std::vector<double> x, y;            ///< [T + 1]
  std::vector<double> item_x, item_y;  ///< where items lay at its start; empty when no entry tells
};

/// Of a quantity over steps.
struct Percentiles {
  double p50 = 0.0, p99 = 0.0, largest = 0.0;
  int64_t count = 0;
};
/// REQUIRES: values is not empty. By the nearest rank.
Percentiles percentiles(std::vector<float> values);

/// Random steps that learners were given: what was seen and what was done.
struct Pairs {
  Observation obs;    // [K, ...] as learners see it
  at::Tensor action;  // float [K, A]
};

/// One state for the gradient of Q.
struct RecordedState {
  int64_t episode = 0, step = 0;  ///< number of the file; step in it
  Observation obs;                // [1, ...]
};

/// What a run's episodes show.
struct Recorded {
  int64_t episodes = 0, online_episodes = 0, online_steps = 0;
  ObservationSpec observation;
  ActionSpec action;
  /// Of the on-line phase: steps by [dimension][bin], equal bins over [-1, 1].
  std::vector<std::vector<int64_t>> action_counts;
  std::vector<Trajectory> trajectories;  ///< of the on-line phase
  /// Of the on-line phase, by attempt and step: 1, the cloned policy acted, 0, the learned one. Empty where none chooses.
  std::vector<std::vector<uint8_t>> acting;
  std::optional<PlaneFields> pose;                ///< that they show
  std::map<std::string, Percentiles> timing_us;   ///< columns "..._us" of the on-line phase (without one: of all)
  std::optional<double> largest_reward;           ///< raw, of one step
  std::optional<double> largest_without_success;  ///< of one that did not succeed
  bool success_ends = false;                      ///< some succeeded, and each of them ended there
  Pairs pairs;                                    ///< empty action when there is none
  std::vector<RecordedState> states;
  std::vector<std::string> notes;
};

/// How much of it is read.
struct RecordedOptions {
  int64_t bins = 41;
  int64_t pairs = 512;
  int64_t states = 4;
};

/// Reads every episode once, holding one in memory at a time. Pairs are uniform over all steps of the run's episodes but those
/// that entered no replay source (`keep: successes`), and a function of its seed and of what is there. An episode that cannot
/// be read is noted and left out. O(bytes on disk).
Recorded read_recorded(const RunRecord& run, const RecordedOptions& options = {});

}  // namespace onramp
