#include "onramp/policies/residual_policy.h"

#include <torch/types.h>

#include "onramp/base/error.h"
#include "onramp/core/generator.h"
#include "onramp/data/acting.h"
#include "onramp/models/content_hash.h"
#include "onramp/nn/state.h"
#include "onramp/policies/actor_policy.h"
#include "stored_network.h"

namespace onramp {

at::Tensor corrected(const at::Tensor& base, const at::Tensor& correction, double scale) {
  return (base + scale * correction).clamp(-1, 1);
}

ResidualPolicy::ResidualPolicy(std::shared_ptr<Policy> base, std::shared_ptr<SquashedGaussianActor> actor,
                               const ResidualConfig& config, double share)
    : base_(std::move(base)),
      actor_(std::move(actor)),
      config_(config),
      share_(share),
      observation_(detail::entries_of_both(base_->observation_spec(), actor_->encoder().observation())),
      device_(actor_->parameters().front().device()) {
  ONRAMP_CHECK(share >= 0 && share <= 1, "a share of ", share);
  set_trainable(*actor_, false);
}

Action ResidualPolicy::act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) {
  at::NoGradGuard no_gradient;
  const auto seen = obs.to(device_);
  const auto base = base_->act(seen, state, act_mode(config_.bc_action, *base_), random).action.cpu();  // [B, A]
  const auto pi = actor_->distribution(seen);
  const auto column = [](const at::Tensor& x) { return x.to(at::kFloat).reshape({x.size(0), -1}); };
  if (mode == ActMode::kMode) {
    return {.action = corrected(base, pi.mode().cpu(), config_.scale),
            .info = {{kProposalColumn, column(base)}, {kActingColumn, at::zeros({base.size(0), 1})}}};
  }
  auto generator = make_generator(random);
  const auto noise = at::randn(pi.mean.sizes(), generator, at::TensorOptions()).to(device_);
  const auto correction = pi.sample_action(noise).cpu();                                     // [B, A]
  const auto alone = at::rand({base.size(0), 1}, generator, at::TensorOptions()) >= share_;  // [B, 1]
  return {.action = at::where(alone, base, corrected(base, correction, config_.scale)),
          .info = {{kProposalColumn, column(base)}, {kActingColumn, column(alone)}}};
}

std::string ResidualPolicy::content_hash() const {
  if (hash_.empty()) {
    PartState state;
    state.host = {{"base", base_->content_hash()}, {"residual", to_yaml(dump_config(config_))}, {"share", share_}};
    detail::put_network(state, "actor", *actor_);
    hash_ = onramp::content_hash(state);
  }
  return hash_;
}

PartState save_policy(const ResidualPolicy& policy) {
  PartState state;
  state.host = {{"kind", "residual_policy"},
                {"residual", to_yaml(dump_config(policy.config()))},
                {"share", policy.share()},
                {"hash", policy.content_hash()}};
  detail::put(state, "base", save_policy(policy.base()));
  detail::put_network(state, "actor", policy.actor());
  return state;
}

std::unique_ptr<ResidualPolicy> load_residual_policy(const PartState& state, at::Device device) {
  auto random = RandomStream(0, "load").next();
  auto generator = make_generator(random);
  std::shared_ptr<Policy> base = load_policy(detail::take(state, "base"), device);
  const auto dim = base->action_spec().dim;
  auto actor = detail::take_network<ActorConfig>(state, "actor", device, [&](auto inputs, const ActorConfig& config) {
    return std::make_shared<SquashedGaussianActor>(std::move(inputs), dim, config, generator);
  });
  const auto share = require_host<double>("policy", state, "share");
  if (!(share >= 0 && share <= 1)) throw CheckpointError("policy: its share of corrections is damaged");
  auto policy = std::make_unique<ResidualPolicy>(std::move(base), std::move(actor),
                                                 detail::take_config<ResidualConfig>(state, "residual"), share);
  detail::check_stored_hash(state, policy->content_hash());
  return policy;
}

}  // namespace onramp
