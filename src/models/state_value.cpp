#include "onramp/models/state_value.h"

#include <torch/types.h>

#include "onramp/core/generator.h"
#include "onramp/nn/state.h"

namespace onramp {

StateValue::StateValue(std::shared_ptr<ObservationEncoder> encoder, const MlpConfig& config, at::Generator& generator)
    : encoder_(register_module("encoder", std::move(encoder))),
      config_(config),
      mlp_(register_module("mlp", std::make_shared<Mlp>(encoder_->feature_dim(), /*out=*/1, config, generator))) {}

std::shared_ptr<StateValue> StateValue::copy() const {
  auto random = RandomStream(0, "copy").next();
  auto generator = make_generator(random);
  auto copied = std::make_shared<StateValue>(encoder_->copy(), config_, generator);
  copied->to(mlp_->parameters().front().device());
  copy_module(*copied, *this);
  return copied;
}

at::Tensor StateValue::forward(const Observation& obs) { return mlp_->forward(encoder_->forward(obs)).squeeze(-1); }

at::Tensor StateValue::forward_constant(const Observation& obs) {
  at::NoGradGuard no_gradient;
  return forward(obs);
}

}  // namespace onramp
