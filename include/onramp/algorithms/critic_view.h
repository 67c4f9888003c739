// A look at an agent's critic, for figures: what it believes of actions, and how it represents them.
#pragma once

#include "onramp/data/observation.h"
#include "onramp/models/critic.h"

namespace onramp {

/// Implemented by agents that have an action-value critic, beside Agent.
class CriticView {
 public:
  virtual ~CriticView() = default;
  /// Q(s, a) and Phi(s, a) without gradient. @param action float [B, A] or [B, N, A]. @throws ShapeError
  virtual CriticOutput evaluate(const Observation& obs, const at::Tensor& action) = 0;
};

}  // namespace onramp
