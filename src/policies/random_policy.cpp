#include "onramp/policies/random_policy.h"

#include <vector>

#include "onramp/core/tensor_io.h"

namespace onramp {

std::unique_ptr<PolicyState> RandomPolicy::begin(int64_t) { return std::make_unique<PolicyState>(); }

Action RandomPolicy::act(const Observation& obs, PolicyState&, ActMode, Rng& random) {
  const int64_t batch = obs.batch_size();
  std::vector<float> values(static_cast<size_t>(batch * action_.dim));
  for (float& value : values) value = static_cast<float>(random.uniform(-1.0, 1.0));
  return {copy_to_tensor<float>(values, {batch, action_.dim}), {}};
}

}  // namespace onramp
