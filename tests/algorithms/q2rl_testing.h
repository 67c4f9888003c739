// A small Q2rl.
#pragma once

#include "cloned_testing.h"
#include "onramp/algorithms/q2rl.h"

namespace onramp::test {

inline Q2rlConfig small_q2rl() {
  auto config = small_agent<Q2rlConfig>();
  config.critic.ensemble = 3;
  return config;
}

/// With what either stage asks for.
inline Batch with_columns(Batch batch, uint64_t seed = 1) {
  batch.columns["mc_return"] = normals({batch.size()}, 100 + seed);
  batch.columns["a_bc"] = 0.9 * uniforms(batch.action.sizes(), 200 + seed);
  return batch;
}

}  // namespace onramp::test
