// The value of a state.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "onramp/models/observation_encoder.h"
#include "onramp/nn/mlp.h"

namespace onramp {

/// V(s): a critic's network without the action. Thread safety: none.
class StateValue : public torch::nn::Module {
 public:
  /// @param encoder of this network alone, but for a frozen part. @param generator draws the initial weights
  StateValue(std::shared_ptr<ObservationEncoder> encoder, const MlpConfig& config, at::Generator& generator);
  /// Same values in memory of its own, on the same device. A frozen encoder stays shared.
  std::shared_ptr<StateValue> copy() const;

  at::Tensor forward(const Observation& obs);           ///< float [B]
  at::Tensor forward_constant(const Observation& obs);  ///< the same without gradient

  const MlpConfig& config() const { return config_; }
  const ObservationEncoder& encoder() const { return *encoder_; }

 private:
  std::shared_ptr<ObservationEncoder> encoder_;
  MlpConfig config_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace onramp
