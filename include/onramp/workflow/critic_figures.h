// What a run's critic believed when a phase ended: values, how alike it represents things, which way its values rise.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "onramp/training/critic_file.h"
#include "onramp/workflow/recorded.h"

namespace onramp {

/// A critic over the same random pairs.
struct CriticLook {
  std::string phase;               ///< that left it
  double updates = 0.0;            ///< that its agent had made by then
  std::vector<double> q;           ///< [K] the least over the ensemble
  std::vector<double> similarity;  ///< [K, K] Phi(s, a) . Phi(s', a'), mean over the ensemble
  double mean_similarity = 0.0;    ///< of |.| over pairs of two different steps
};
CriticLook look_at(CriticView& critic, const Pairs& pairs);

/// Q over two dimensions of the action, the others as the policy would have them.
struct ValueField {
  std::vector<double> axis;  ///< of both, in [-1, 1]
  std::vector<double> q;     ///< [y, x]
  double policy_x = 0.0, policy_y = 0.0;
};
/// @param observation [1, ...]
ValueField value_field(CriticFile& file, const Observation& observation, const PlaneFields& velocity,
                       int64_t points = 31);

/// What a value can come to at most, where a step earns at most `reward`.
struct ValueBounds {
  /// Where success ends an attempt and a step before it earns nothing, or costs: what success alone is worth. Then what follows
  /// cannot be reached.
  std::optional<double> success;
  std::optional<double> undiscounted;  ///< reward * steps of the longest episode: the paper's line (fig. 5b)
  std::optional<double> discounted;    ///< reward * (1 - g^steps) / (1 - g)
  double endless = 0.0;                ///< reward / (1 - g): the bound of what a critic learns that sees no clock
};
/// @param max_steps  of an episode; 0: no limit. REQUIRES: 0 <= gamma < 1
ValueBounds value_bounds(double gamma, double reward, int64_t max_steps);

/// Folders critics/<phase> of a run, in the order of its phases.
std::vector<std::filesystem::path> critic_folders(const RunRecord& run);

}  // namespace onramp
