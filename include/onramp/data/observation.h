// A short ordered map from name to tensor. Checked once at the border, trusted inside.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "onramp/data/spec.h"

namespace onramp {

/// Single (environment): float32 [D], uint8 [H,W,C]. Batched (policies, learners): float32 [B,D], uint8 [B,H,W,C].
/// An image entry may also hold float32 [B,F], the cached features of a frozen encoder, in place of pixels.
class Observation {
 public:
  Observation() = default;
  Observation(std::initializer_list<std::pair<std::string, at::Tensor>> entries) : entries_(entries) {}

  /// @throws ValueError naming the entry and those that exist.
  const at::Tensor& at(const std::string& name) const;
  bool contains(const std::string& name) const;
  /// Adds or replaces.
  void set(const std::string& name, at::Tensor value);
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  bool empty() const { return entries_.empty(); }
  int64_t batch_size() const;  ///< of a batched observation

  Observation to(at::Device device) const;
  Observation slice(int64_t begin, int64_t end) const;     ///< rows [begin, end) of a batched observation
  Observation index_select(const at::Tensor& rows) const;  ///< int64 [K]
  Observation unsqueeze() const;                           ///< single -> batch of one

 private:
  std::vector<std::pair<std::string, at::Tensor>> entries_;
};

/// B single observations -> one batched one.
Observation stack(const std::vector<Observation>& observations);

/// @throws ShapeError / ValueError naming the entry, what the spec wants and what came (dtype, shape, NaN, bounds).
void check_observation(const Observation& observation, const ObservationSpec& spec);

}  // namespace onramp
