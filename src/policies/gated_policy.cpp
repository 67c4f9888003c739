#include "onramp/policies/gated_policy.h"

#include <torch/types.h>

#include "onramp/base/error.h"
#include "onramp/core/generator.h"
#include "onramp/losses/q2rl.h"
#include "onramp/models/content_hash.h"
#include "onramp/nn/state.h"
#include "onramp/policies/actor_policy.h"
#include "stored_network.h"

namespace onramp {

using detail::put, detail::put_inputs, detail::take, detail::take_inputs;

namespace {

/// Entries of two policies, each once. Where one does not say what it looks at, neither does the whole.
ObservationSpec both(const ObservationSpec& a, const ObservationSpec& b) {
  if (a.entries.empty()) return {};
  ObservationSpec all = a;
  for (const auto& entry : b.entries) {
    if (!all.find(entry.name)) all.entries.push_back(entry);
  }
  return all;
}

template <class Network>
void put_network(PartState& state, const std::string& name, const Network& network) {
  PartState part, weights;
  save_module(weights, network);
  weights.host = {{"config", to_yaml(dump_config(network.config()))}};
  put(part, "network", weights);
  put_inputs(part, network.encoder());
  put(state, name, part);
}

template <class Config>
Config stored_config(const PartState& weights) {
  return read_config<Config>(parse_config_text(weights.host.at("config").get<std::string>(), "policy"));
}

}  // namespace

GatedPolicy::GatedPolicy(GatedNetworks networks, const GateConfig& config)
    : networks_(std::move(networks)),
      config_(config),
      observation_(both(networks_.cloned->observation_spec(), networks_.actor->encoder().observation())),
      device_(networks_.actor->parameters().front().device()) {
  ONRAMP_CHECK(networks_.cloned->can_evaluate(), "a cloned policy without density cannot be gated");
  set_trainable(*networks_.value, false);
  set_trainable(*networks_.critic, false);
  set_trainable(*networks_.actor, false);
}

Action GatedPolicy::act(const Observation& obs, PolicyState& state, ActMode, Rng& random) {
  at::NoGradGuard no_gradient;
  const auto seen = obs.to(device_);
  const auto encoded = networks_.critic->encode(seen);
  // a_BC ~ pi_BC(s), a_RL ~ pi_RL(s), and what each is worth, Q_RL the least of the ensemble.
  const auto [a_bc, q_bc] = propose_cloned(seen, encoded, state, random);  // [B, A], [B]
  const auto pi = networks_.actor->distribution(seen);
  auto generator = make_generator(random);
  const auto a_rl = config_.rl_action == ActSetting::kSample
                        ? pi.sample_action(at::randn(pi.mean.sizes(), generator, at::TensorOptions()).to(device_))
                        : pi.mode();                                 // [B, A]
  const auto q_rl = networks_.critic->q(encoded, a_rl).amin(0);      // [E, B] -> [B]
  const auto take_bc = choose(q_bc, q_rl, generator).unsqueeze(-1);  // [B, 1]
  const auto column = [](const at::Tensor& x) { return x.to(at::kFloat).cpu().reshape({x.size(0), -1}); };
  return {.action = at::where(take_bc, a_bc, a_rl).cpu(),
          .info = {{"a_bc", column(a_bc)}, {"gate", column(take_bc)}, {"q_bc", column(q_bc)}, {"q_rl", column(q_rl)}}};
}

at::Tensor GatedPolicy::choose(const at::Tensor& q_bc, const at::Tensor& q_rl, at::Generator& rng) const {
  if (config_.choice == GateChoice::kHard) return losses::q_gate(q_bc, q_rl);
  const auto uniform = at::rand(q_bc.sizes(), rng, at::TensorOptions()).to(device_);  // in [0, 1)
  return uniform < losses::soft_q_gate(q_bc, q_rl, config_.beta);
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
    put_network(state, "value", *networks_.value);
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
  put_network(state, "value", *networks.value);
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
  const auto restore = [&](const std::string& name, const auto& make) {
    const auto part = take(state, name), weights = take(part, "network");
    auto network = make(take_inputs(part, weights, device), weights);
    load_module(weights, *network);
    network->to(device);
    return network;
  };
  networks.value = restore("value", [&](auto inputs, const PartState& weights) {
    return std::make_shared<StateValue>(std::move(inputs), stored_config<MlpConfig>(weights), generator);
  });
  networks.critic = restore("critic", [&](auto inputs, const PartState& weights) {
    return std::make_shared<Critic>(std::move(inputs), dim, stored_config<CriticConfig>(weights), generator);
  });
  networks.actor = restore("actor", [&](auto inputs, const PartState& weights) {
    return std::make_shared<SquashedGaussianActor>(std::move(inputs), dim, stored_config<ActorConfig>(weights),
                                                   generator);
  });
  const auto gate =
      read_config<GateConfig>(parse_config_text(require_host<std::string>("policy", state, "gate"), "policy"));
  auto policy = std::make_unique<GatedPolicy>(std::move(networks), gate);
  if (policy->content_hash() != require_host<std::string>("policy", state, "hash")) {
    throw CheckpointError("policy: its content does not match its hash; the file was changed or is damaged");
  }
  return policy;
}

}  // namespace onramp
