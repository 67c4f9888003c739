#include "onramp/models/recurrent_actor.h"

#include <torch/types.h>

#include "onramp/core/generator.h"
#include "onramp/core/shapes.h"
#include "onramp/nn/state.h"

namespace onramp {

RecurrentMixtureActor::RecurrentMixtureActor(std::shared_ptr<ObservationEncoder> encoder, int64_t action_dim,
                                             const RecurrentConfig& config, const MixtureConfig& mixture,
                                             at::Generator& generator)
    : config_(config),
      mixture_(mixture),
      action_dim_(action_dim),
      encoder_(register_module("encoder", std::move(encoder))),
      lstm_(register_module("lstm",
                            std::make_shared<Lstm>(encoder_->feature_dim(), config.units, config.layers, generator))),
      head_(register_module(
          "head", std::make_shared<Mlp>(config.units, mixture_outputs(mixture, action_dim), config.head, generator))) {
  spread_means(*head_, mixture, action_dim, generator);
}

at::Tensor RecurrentMixtureActor::log_likelihood(const Observation& obs, const at::Tensor& action) {
  check_float("action", action, {kB, kT, action_dim_});
  const auto B = action.size(0), T = action.size(1);
  const auto x = encoder_->forward(obs).unflatten(0, {B, T});                        // [B T, O] -> [B, T, O]
  const auto out = lstm_->forward(x, lstm_->initial_state(B)).out;                   // [B, T, F]
  return read_mixture(head_->forward(out), mixture_, action_dim_).log_prob(action);  // [B, T]
}

RecurrentState RecurrentMixtureActor::initial_state(int64_t batch) const {
  auto lstm = lstm_->initial_state(batch);
  auto steps = at::zeros({batch}, lstm.h.options().dtype(at::kLong));
  return {.lstm = std::move(lstm), .steps = std::move(steps)};
}

GaussianMixture RecurrentMixtureActor::step(const Observation& obs, RecurrentState& state) {
  if (config_.horizon > 0) {
    const auto goes_on = state.steps < config_.horizon;  // [B]
    const auto kept = goes_on.to(state.lstm.h.scalar_type()).view({1, -1, 1});
    state = {.lstm = {.h = state.lstm.h * kept, .c = state.lstm.c * kept}, .steps = state.steps * goes_on};
  }
  const auto x = encoder_->forward(obs).unsqueeze(1);  // [B, 1, O]
  auto [out, after] = lstm_->forward(x, state.lstm);   // [B, 1, F]
  state = {.lstm = std::move(after), .steps = state.steps + 1};
  return as_acted(read_mixture(head_->forward(out.squeeze(1)), mixture_, action_dim_), mixture_);
}

std::shared_ptr<RecurrentMixtureActor> RecurrentMixtureActor::copy() const {
  auto random = RandomStream(0, "copy").next();
  auto generator = make_generator(random);
  auto copied = std::make_shared<RecurrentMixtureActor>(encoder_->copy(), action_dim_, config_, mixture_, generator);
  copied->to(parameters().front().device());
  copy_module(*copied, *this);
  return copied;
}

}  // namespace onramp
