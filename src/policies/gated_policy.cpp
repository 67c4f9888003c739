#include "onramp/policies/gated_policy.h"

#include <torch/types.h>

#include "onramp/base/error.h"
#include "onramp/core/generator.h"
#include "onramp/data/acting.h"
#include "onramp/losses/q2rl.h"
#include "onramp/models/content_hash.h"
#include "onramp/nn/state.h"
#include "onramp/policies/actor_policy.h"
#include "stored_network.h"

namespace onramp {

using detail::put, detail::put_network, detail::take, detail::take_network;

GatedPolicy::GatedPolicy(GatedNetworks networks, const GateConfig& config)
    : networks_(std::move(networks)),
      config_(config),
      observation_(
          detail::entries_of_both(networks_.cloned->observation_spec(), networks_.actor->encoder().observation())),
      device_(networks_.actor->parameters().front().device()) {
  ONRAMP_CHECK(networks_.value || !config_.gate, "a gate without V judges both proposals by the critic");
  ONRAMP_CHECK(!networks_.value || networks_.cloned->can_evaluate(), "a cloned policy without density cannot be rated");
  if (networks_.value) set_trainable(*networks_.value, false);
  set_trainable(*networks_.critic, false);
  set_trainable(*networks_.actor, false);
}

at::Tensor choose_cloned(GateChoice choice, double beta, const at::Tensor& q_bc, const at::Tensor& q_rl,
                         at::Generator& rng) {
  if (choice == GateChoice::kHard) return losses::q_gate(q_bc, q_rl);
  const auto uniform = at::empty_like(q_bc).uniform_(0, 1, rng);  // in [0, 1)
  return uniform < losses::soft_q_gate(q_bc, q_rl, beta);
}

Action GatedPolicy::act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) {
  at::NoGradGuard no_gradient;
  const auto seen = obs.to(device_);
  const auto encoded = networks_.critic->encode(seen);
  // a_BC ~ pi_BC(s), a_RL ~ pi_RL(s), and what each is worth, Q_RL the least of the ensemble.
  const auto [a_bc, q_bc] = propose_cloned(seen, encoded, state, random);  // [B, A], [B]
  const auto pi = networks_.actor->distribution(seen);
  auto generator = make_generator(random);
  const auto a_rl = learned_mode(mode) == ActMode::kSample
                        ? pi.sample_action(at::randn(pi.mean.sizes(), generator, at::TensorOptions()).to(device_))
                        : pi.mode();                             // [B, A]
  const auto q_rl = networks_.critic->q(encoded, a_rl).amin(0);  // [E, B] -> [B]
  // Drawn on the CPU, so that the same draw chooses alike on every device.
  const auto take_bc = choose_cloned(config_.choice, config_.beta, q_bc.cpu(), q_rl.cpu(), generator)
                           .unsqueeze(-1)
                           .to(device_);  // [B, 1]
  const auto column = [](const at::Tensor& x) { return x.to(at::kFloat).cpu().reshape({x.size(0), -1}); };
  return {.action = at::where(take_bc, a_bc, a_rl).cpu(),
          .info = {{kProposalColumn, column(a_bc)},
                   {kActingColumn, column(take_bc)},
                   {"q_bc", column(q_bc)},
                   {"q_rl", column(q_rl)}}};
}

ActMode GatedPolicy::learned_mode(ActMode asked) const {
  if (config_.rl_action == ActSetting::kSample) return ActMode::kSample;
  return config_.rl_action == ActSetting::kAuto && !networks_.value ? asked : ActMode::kMode;
}

GatedPolicy::Proposal GatedPolicy::propose_cloned(const Observation& obs, const at::Tensor& encoded, PolicyState& state,
                                                  Rng& random) {
  auto& cloned = *networks_.cloned;
  const auto mode = act_mode(config_.bc_action, cloned);
  if (!config_.gate) {
    const auto action = cloned.act(obs, state, mode, random).action.to(device_);
    return {.action = action, .value = networks_.critic->q(encoded, action).amin(0)};
  }
  // Eq. 6, at what it does and by the distribution that did it.
  const auto [action, density] = cloned.act_rated(obs, state, mode, random);
  return {.action = action.to(device_),
          .value = losses::estimated_q(networks_.value->forward(obs), density.log_prob.to(device_),
                                       density.entropy.to(device_), config_.alpha)};
}

std::string GatedPolicy::content_hash() const {
  if (hash_.empty()) {
    PartState state;
    state.host["cloned"] = networks_.cloned->content_hash();
    state.host["gate"] = to_yaml(dump_config(config_));
    if (networks_.value) put_network(state, "value", *networks_.value);
    put_network(state, "critic", *networks_.critic);
    put_network(state, "actor", *networks_.actor);
    hash_ = onramp::content_hash(state);
  }
  return hash_;
}

PartState save_policy(const GatedPolicy& policy) {
  const auto& networks = policy.networks();
  PartState state;
  state.host["kind"] = "gated_policy";
  state.host["gate"] = to_yaml(dump_config(policy.config()));
  put(state, "cloned", save_policy(*networks.cloned));
  if (networks.value) put_network(state, "value", *networks.value);
  put_network(state, "critic", *networks.critic);
  put_network(state, "actor", *networks.actor);
  state.host["hash"] = policy.content_hash();
  return state;
}

std::unique_ptr<GatedPolicy> load_gated_policy(const PartState& state, at::Device device) {
  auto random = RandomStream(0, "load").next();
  auto generator = make_generator(random);
  GatedNetworks networks;
  networks.cloned = load_policy(take(state, "cloned"), device);
  const auto dim = networks.cloned->action_spec().dim;
  const auto gate = detail::take_config<GateConfig>(state, "gate");
  if (gate.gate || state.host.contains("value")) {
    networks.value = take_network<MlpConfig>(state, "value", device, [&](auto inputs, const MlpConfig& config) {
      return std::make_shared<StateValue>(std::move(inputs), config, generator);
    });
  }
  networks.critic = take_network<CriticConfig>(state, "critic", device, [&](auto inputs, const CriticConfig& config) {
    return std::make_shared<Critic>(std::move(inputs), dim, config, generator);
  });
  networks.actor = take_network<ActorConfig>(state, "actor", device, [&](auto inputs, const ActorConfig& config) {
    return std::make_shared<SquashedGaussianActor>(std::move(inputs), dim, config, generator);
  });
  auto policy = std::make_unique<GatedPolicy>(std::move(networks), gate);
  detail::check_stored_hash(state, policy->content_hash());
  return policy;
}

}  // namespace onramp
