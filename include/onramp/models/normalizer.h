// Standardises observation entries with statistics that are fitted once and then never change.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <map>
#include <string>

#include "onramp/core/checkpoint.h"
#include "onramp/data/replay_source.h"

namespace onramp {

/// (x - mean) / std of each value of an entry, clipped to +-kClip so that a sensor far outside its fitted range does not
/// swamp the rest. Immutable after construction, part of the policy, hashed with it.
class Normalizer {
 public:
  static constexpr double kClip = 10.0;
  /// Of one entry.
  struct Statistics {
    at::Tensor mean;  // float [D]
    at::Tensor std;   // float [D], > 0
  };

  Normalizer() = default;  ///< of no entry: apply() changes nothing
  explicit Normalizer(std::map<std::string, Statistics> entries);

  bool has(const std::string& entry) const { return entries_.contains(entry); }
  /// An entry without statistics comes back as it is. @param x float [B, D]. @return float [B, D]. @throws ShapeError
  at::Tensor apply(const std::string& entry, const at::Tensor& x) const;
  Normalizer to(at::Device device) const;
  const std::map<std::string, Statistics>& entries() const { return entries_; }

 private:
  struct Scale {
    at::Tensor mean, inverse_std;
  };
  std::map<std::string, Statistics> entries_;
  std::map<std::string, Scale> scales_;
};

/// Mean and (population) standard deviation of each value over the rows of each entry. A value that does not vary
/// (standard deviation below 1e-6) is only centred.
/// @param data by entry: float [N, D], N >= 1; features of a frozen encoder may be among them
/// @throws ShapeError, DataError for values that are not finite
Normalizer fit_normalizer(const std::map<std::string, at::Tensor>& data);

/// The same on every state of a replay source's episodes: each vector that a network may see gets statistics, pictures none.
/// @throws DataError when the source holds no episode, ValueError when there is no such source
Normalizer fit_normalizer(const Replay& replay, const std::string& source);

/// The part "normalizer".
PartState save_normalizer(const Normalizer& normalizer);
/// @throws CheckpointError
Normalizer load_normalizer(const PartState& state);

}  // namespace onramp
