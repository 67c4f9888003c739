#include "onramp/policies/actor_policy.h"

#include <torch/types.h>

#include <optional>

#include "onramp/base/error.h"
#include "onramp/core/generator.h"
#include "onramp/models/content_hash.h"
#include "onramp/models/mixture_actor.h"
#include "onramp/nn/state.h"
#include "onramp/policies/gated_policy.h"
#include "onramp/policies/recurrent_policy.h"
#include "onramp/policies/residual_policy.h"
#include "onramp/policies/spec_json.h"
#include "onramp/policies/torchscript_policy.h"
#include "stored_network.h"

namespace onramp {

using detail::put, detail::put_inputs, detail::take, detail::take_inputs;

namespace {

constexpr const char* kKind = "actor_policy";

// As files have named them since the first version: they do not follow what configs call them.
const char* stored_type(ActorType type) {
  switch (type) {
    case ActorType::kDeterministic:
      return "deterministic";
    case ActorType::kSquashedGaussian:
      return "squashed_gaussian";
    case ActorType::kMixture:
      return "mixture";
    case ActorType::kMixtureRnn:  // a kind of policy of its own
      break;
  }
  ONRAMP_CHECK(false, "an actor of no known type");
}

PartState describe(const Actor& actor, const ActionSpec& action) {
  PartState state, weights;
  state.host["kind"] = kKind;
  state.host["action"] = to_json_value(action);
  save_module(weights, actor);
  weights.host = {{"type", stored_type(actor.type())}, {"config", to_yaml(dump_config(actor.config()))}};
  if (const auto* mixture = dynamic_cast<const MixtureActor*>(&actor)) {
    weights.host["mixture"] = to_yaml(dump_config(mixture->mixture()));
  }
  put(state, "actor", weights);
  put_inputs(state, actor.encoder());
  return state;
}

template <class Config>
Config stored_config(const PartState& weights, const char* key) {
  return read_config<Config>(parse_config_text(weights.host.at(key).get<std::string>(), "policy"));
}

std::shared_ptr<Actor> restore_actor(const PartState& weights, std::shared_ptr<ObservationEncoder> inputs,
                                     int64_t action_dim) {
  auto random = RandomStream(0, "load").next();
  auto generator = make_generator(random);
  const auto type = weights.host.at("type").get<std::string>();
  const auto config = stored_config<ActorConfig>(weights, "config");
  std::shared_ptr<Actor> actor;
  if (type == stored_type(ActorType::kMixture)) {
    const auto mixture = stored_config<MixtureConfig>(weights, "mixture");
    actor = std::make_shared<MixtureActor>(std::move(inputs), action_dim, config, mixture, generator);
  } else {
    const bool deterministic = type == stored_type(ActorType::kDeterministic);
    actor = make_actor(deterministic ? ActorType::kDeterministic : ActorType::kSquashedGaussian, std::move(inputs),
                       action_dim, config, generator);
  }
  load_module(weights, *actor);
  return actor;
}

LogProbEntropy rate(const GaussianMixture& pi, const at::Tensor& action) {
  return {.log_prob = pi.log_prob(action), .entropy = pi.entropy_bound()};
}

LogProbEntropy rate(const SquashedGaussian& pi, const at::Tensor& action) {
  const DiagonalGaussian before_tanh{.mean = pi.mean, .log_std = pi.log_std};
  const auto u = action.clamp(-kAtanhClip, kAtanhClip).atanh();  // [B, A]
  return {.log_prob = before_tanh.log_prob(u), .entropy = before_tanh.entropy()};
}

}  // namespace

ActorPolicy::ActorPolicy(std::shared_ptr<Actor> actor, ActionSpec action)
    : actor_(std::move(actor)), action_(std::move(action)), device_(actor_->parameters().front().device()) {
  ONRAMP_CHECK(actor_->action_dim() == action_.dim, "an actor of ", actor_->action_dim(), " dimensions for actions of ",
               action_.dim);
  set_trainable(*actor_, false);
}

std::unique_ptr<PolicyState> ActorPolicy::begin(int64_t) { return std::make_unique<PolicyState>(); }

at::Tensor ActorPolicy::draw_noise(int64_t batch, ActMode mode, Rng& random) const {
  if (mode == ActMode::kMode || !actor_->stochastic()) return {};
  auto generator = make_generator(random);
  return at::randn({batch, actor_->noise_dim()}, generator, at::TensorOptions()).to(device_);  // [B, A] or more
}

Action ActorPolicy::act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) {
  return {.action = propose(obs, state, mode, random).cpu(), .info = {}};
}

at::Tensor ActorPolicy::propose(const Observation& obs, PolicyState&, ActMode mode, Rng& random) {
  return action_here(obs, draw_noise(obs.batch_size(), mode, random));
}

RatedAction ActorPolicy::act_rated(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) {
  at::NoGradGuard no_gradient;
  if (auto* mixture = dynamic_cast<MixtureActor*>(actor_.get())) {
    const auto pi = mixture->distribution(obs.to(device_));
    const auto noise = draw_noise(obs.batch_size(), mode, random);
    const auto action = noise.defined() ? sample_in_box(pi, noise) : pi.mode();
    return {.action = action.cpu(), .density = rate(pi, action)};
  }
  if (auto* gaussian = dynamic_cast<SquashedGaussianActor*>(actor_.get())) {
    const auto pi = gaussian->distribution(obs.to(device_));
    const auto noise = draw_noise(obs.batch_size(), mode, random);
    const auto action = noise.defined() ? pi.sample_action(noise) : pi.mode();
    return {.action = action.cpu(), .density = rate(pi, action)};
  }
  return Policy::act_rated(obs, state, mode, random);  // says that there is no density
}

ActMode usual_mode(ActorType type) {
  const bool mixture = type == ActorType::kMixture || type == ActorType::kMixtureRnn;
  return mixture ? ActMode::kSample : ActMode::kMode;
}

ActMode ActorPolicy::usual_mode() const { return onramp::usual_mode(actor_->type()); }

at::Tensor ActorPolicy::action_at(const Observation& obs, const at::Tensor& noise) const {
  return action_here(obs, noise).cpu();
}

at::Tensor ActorPolicy::action_here(const Observation& obs, const at::Tensor& noise) const {
  at::NoGradGuard no_gradient;
  const auto on_device = obs.to(device_);
  return noise.defined() ? actor_->sample(on_device, noise.to(device_)) : actor_->mode(on_device);
}

std::string ActorPolicy::content_hash() const {
  if (hash_.empty()) hash_ = onramp::content_hash(describe(*actor_, action_));
  return hash_;
}

LogProbEntropy ActorPolicy::evaluate(const Observation& obs, const at::Tensor& action) {
  at::NoGradGuard no_gradient;
  const auto here = action.to(device_);
  if (auto* mixture = dynamic_cast<MixtureActor*>(actor_.get())) {
    return rate(mixture->distribution(obs.to(device_)), here);
  }
  if (auto* gaussian = dynamic_cast<SquashedGaussianActor*>(actor_.get())) {
    return rate(gaussian->distribution(obs.to(device_)), here);
  }
  return Policy::evaluate(obs, action);  // says that there is no density
}

at::Tensor ActorPolicy::sample(const Observation& obs, int64_t n, Rng& random) {
  at::NoGradGuard no_gradient;
  auto generator = make_generator(random);
  const auto noise =
      at::randn({n, obs.batch_size(), actor_->noise_dim()}, generator, at::TensorOptions());  // [N, B, .]
  return actor_->sample(obs.to(device_), noise.to(device_)).transpose(0, 1).contiguous();     // [B, N, A]
}

PartState save_policy(const ActorPolicy& policy) {
  auto state = describe(policy.actor(), policy.action_spec());
  state.host["hash"] = policy.content_hash();
  return state;
}

std::string saved_policy_hash(const PartState& state) { return require_host<std::string>("policy", state, "hash"); }

PartState save_policy(const Policy& policy) {
  if (const auto* actor = dynamic_cast<const ActorPolicy*>(&policy)) return save_policy(*actor);
  if (const auto* gated = dynamic_cast<const GatedPolicy*>(&policy)) return save_policy(*gated);
  if (const auto* recurrent = dynamic_cast<const RecurrentPolicy*>(&policy)) return save_policy(*recurrent);
  if (const auto* residual = dynamic_cast<const ResidualPolicy*>(&policy)) return save_policy(*residual);
  if (const auto* script = dynamic_cast<const TorchScriptPolicy*>(&policy)) return save_policy(*script);
  throw Error("this kind of policy cannot be stored: only trained actors can");
}

namespace {

/// Where a policy of a kind that can be stored computes; nothing for others.
std::optional<at::Device> device_of_stored(const Policy& policy) {
  const auto of = [](const torch::nn::Module& network) { return network.parameters().front().device(); };
  if (const auto* actor = dynamic_cast<const ActorPolicy*>(&policy)) return of(actor->actor());
  if (const auto* recurrent = dynamic_cast<const RecurrentPolicy*>(&policy)) return of(recurrent->actor());
  if (const auto* script = dynamic_cast<const TorchScriptPolicy*>(&policy)) return script->device();
  if (const auto* gated = dynamic_cast<const GatedPolicy*>(&policy)) {
    if (device_of_stored(*gated->networks().cloned)) return of(*gated->networks().actor);
  }
  if (const auto* residual = dynamic_cast<const ResidualPolicy*>(&policy)) {
    if (device_of_stored(residual->base())) return of(residual->actor());
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Policy> copy_policy(const Policy& policy) {
  const auto device = device_of_stored(policy);
  return device ? load_policy(save_policy(policy), *device) : nullptr;
}

std::unique_ptr<Policy> load_policy(const PartState& state, at::Device device) {
  try {
    const auto kind = require_host<std::string>("policy", state, "kind");
    if (kind == "gated_policy") return load_gated_policy(state, device);
    if (kind == "recurrent_policy") return load_recurrent_policy(state, device);
    if (kind == "residual_policy") return load_residual_policy(state, device);
    if (kind == "torchscript_policy") return load_torchscript_policy(state, device);
    if (kind != kKind) {
      throw CheckpointError("policy: a kind of policy that this version does not know");
    }
    const auto action = action_spec_from_json(require_host<nlohmann::json>("policy", state, "action"));
    const auto weights = take(state, "actor");
    auto actor = restore_actor(weights, take_inputs(state, weights, device), action.dim);
    actor->to(device);
    auto policy = std::make_unique<ActorPolicy>(actor, action);
    detail::check_stored_hash(state, policy->content_hash());
    return policy;
  } catch (const nlohmann::json::exception& error) {
    throw CheckpointError(concat("policy: its description is damaged (", error.what(), ")"));
  } catch (const ConfigError& error) {
    throw CheckpointError(concat("policy: its config does not fit this version: ", error.what()));
  }
}

}  // namespace onramp
