// Attempts over the environment's steps: what methods with attempts of different lengths are compared by (Q2RL, figs. 3 to 6).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "onramp/workflow/comparison.h"

namespace onramp {

/// Of one run: a metric of its attempts over the steps that policies of its own made. Those of a cloned policy's rollouts and of a
/// warm-up count, a demonstrator's do not, nor those of an evaluation.
struct StepSeries {
  double before = 0.0;  ///< steps made before it learned on line
  std::optional<double>
      value_before;  ///< mean of the attempts until then; none: there were none, or they hold no such metric
  std::vector<double> attempt,
      steps;                  ///< of the on-line phases: number, and steps since they began at its end; ascending
  std::vector<double> value;  ///< of each attempt
};
/// Where rows were thinned out (scripts/summarize_run.py) the lengths of the missing ones are taken to be as the next one's.
/// @return nothing where it made no on-line attempt, or the metric or the length of its attempts was not logged
std::optional<StepSeries> over_steps(const RunRecord& run, const std::string& metric);

/// Over the seeds of a method, on one grid of steps: as far as every seed has come.
struct StepCurve {
  int64_t seeds = 0;
  double before = 0.0;                 ///< mean over seeds: where on-line learning begins
  std::optional<double> value_before;  ///< mean over seeds of what came before
  std::vector<double> x, mean;         ///< x counts `before`
  std::vector<double> low, high;       ///< Student's t, 95 %, over seeds; empty with one
};
/// @param window attempts that a value is the mean of, at the beginning of as many as there are; the curve begins after a quarter
/// @return nothing where no run has the metric
std::optional<StepCurve> step_curve(const Method& method, const std::string& metric, double window);

/// Mean over seeds, with its interval, of the mean of the last `window` attempts within so many steps, rollouts included. A seed
/// that has not come so far has no value there.
OverSeeds at_step(const Method& method, const std::string& metric, double window, double steps);
/// Steps that every seed of a method has reached; 0 without any.
double common_steps(const Method& method);

/// The score of the policy that a method begins on line with: the cloned one where the method asks it (its attempts log `bc_share`),
/// else what its own learner had become before; null where there is none or nobody scored it.
const Score* first_score(const RunRecord& run);

/// The number that a run's config has under a key, "phases.rollouts.episodes": elements of a list by their name, or counted from
/// 0. @throws ConfigError naming the key where there is none, or it is no number
double setting_number(const ConfigNode& config, const std::string& key);

}  // namespace onramp
