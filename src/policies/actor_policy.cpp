#include "onramp/policies/actor_policy.h"

#include <torch/types.h>

#include "onramp/base/error.h"
#include "onramp/core/generator.h"
#include "onramp/models/content_hash.h"
#include "onramp/nn/state.h"
#include "onramp/policies/spec_json.h"

namespace onramp {
namespace {

constexpr const char* kKind = "actor_policy";

/// Adds `part` under a name, tensors as "name/tensor".
void put(PartState& state, const std::string& name, const PartState& part) {
  for (const auto& [key, tensor] : part.tensors) state.tensors[name + "/" + key] = tensor;
  state.host[name] = part.host;
}

PartState take(const PartState& state, const std::string& name) {
  PartState part;
  part.host = require_host<nlohmann::json>("policy", state, name);
  const auto prefix = name + "/";
  for (auto it = state.tensors.lower_bound(prefix); it != state.tensors.end() && it->first.starts_with(prefix); ++it) {
    part.tensors[it->first.substr(prefix.size())] = it->second;
  }
  return part;
}

PartState describe(const Actor& actor, const ActionSpec& action) {
  const auto& encoder = actor.encoder();
  PartState state, weights;
  state.host["kind"] = kKind;
  state.host["observation"] = to_json_value(encoder.observation());
  state.host["action"] = to_json_value(action);
  save_module(weights, actor);
  weights.host = {{"type", actor.type() == ActorType::kDeterministic ? "deterministic" : "squashed_gaussian"},
                  {"config", to_yaml(dump_config(actor.config()))}};
  put(state, "actor", weights);
  put(state, "normalizer", save_normalizer(encoder.normalizer()));
  if (encoder.images()) {
    auto images = save_encoder(*encoder.images());
    images.host["trainable"] = encoder.trainable();
    if (encoder.trainable()) images.tensors.clear();  // among the actor's own weights
    put(state, "encoder", images);
  }
  return state;
}

std::shared_ptr<ImageEncoders> load_images(const PartState& encoder, const PartState& actor, bool trainable) {
  if (!trainable) return load_encoder(encoder);
  PartState own{.tensors = {}, .host = encoder.host};
  constexpr std::string_view kPrefix = "encoder.images.";
  for (const auto& [name, tensor] : actor.tensors) {
    if (name.starts_with(kPrefix)) own.tensors[name.substr(kPrefix.size())] = tensor;
  }
  return load_encoder(own);
}

}  // namespace

ActorPolicy::ActorPolicy(std::shared_ptr<Actor> actor, ActionSpec action)
    : actor_(std::move(actor)), action_(std::move(action)), device_(actor_->parameters().front().device()) {
  ONRAMP_CHECK(actor_->action_dim() == action_.dim, "an actor of ", actor_->action_dim(), " dimensions for actions of ",
               action_.dim);
  set_trainable(*actor_, false);
}

std::unique_ptr<PolicyState> ActorPolicy::begin(int64_t) { return std::make_unique<PolicyState>(); }

Action ActorPolicy::act(const Observation& obs, PolicyState&, ActMode mode, Rng& random) {
  if (mode == ActMode::kMode || !actor_->stochastic()) return {.action = action_at(obs), .info = {}};
  auto generator = make_generator(random);
  const auto noise = at::randn({obs.batch_size(), action_.dim}, generator, at::TensorOptions());  // [B, A]
  return {.action = action_at(obs, noise), .info = {}};
}

at::Tensor ActorPolicy::action_at(const Observation& obs, const at::Tensor& noise) const {
  at::NoGradGuard no_gradient;
  const auto on_device = obs.to(device_);
  return (noise.defined() ? actor_->sample(on_device, noise.to(device_)) : actor_->mode(on_device)).cpu();
}

std::string ActorPolicy::content_hash() const {
  if (hash_.empty()) hash_ = onramp::content_hash(describe(*actor_, action_));
  return hash_;
}

LogProbEntropy ActorPolicy::evaluate(const Observation& obs, const at::Tensor& action) {
  auto* gaussian = dynamic_cast<SquashedGaussianActor*>(actor_.get());
  if (!gaussian) return Policy::evaluate(obs, action);  // says that there is no density
  at::NoGradGuard no_gradient;
  const auto distribution = gaussian->distribution(obs.to(device_));
  const DiagonalGaussian before_tanh{.mean = distribution.mean, .log_std = distribution.log_std};
  const auto u = action.to(device_).clamp(-kAtanhClip, kAtanhClip).atanh();  // [B, A]
  return {.log_prob = before_tanh.log_prob(u), .entropy = before_tanh.entropy()};
}

at::Tensor ActorPolicy::sample(const Observation& obs, int64_t n, Rng& random) {
  at::NoGradGuard no_gradient;
  auto generator = make_generator(random);
  const auto noise = at::randn({n, obs.batch_size(), action_.dim}, generator, at::TensorOptions());  // [N, B, A]
  return actor_->sample(obs.to(device_), noise.to(device_)).transpose(0, 1).contiguous();            // [B, N, A]
}

PartState save_policy(const ActorPolicy& policy) {
  auto state = describe(policy.actor(), policy.action_spec());
  state.host["hash"] = policy.content_hash();
  return state;
}

PartState save_policy(const Policy& policy) {
  if (const auto* actor = dynamic_cast<const ActorPolicy*>(&policy)) return save_policy(*actor);
  throw Error("this kind of policy cannot be stored: only trained actors can");
}

std::unique_ptr<Policy> load_policy(const PartState& state, at::Device device) {
  try {
    if (require_host<std::string>("policy", state, "kind") != kKind) {
      throw CheckpointError("policy: a kind of policy that this version does not know");
    }
    const auto observation = observation_spec_from_json(require_host<nlohmann::json>("policy", state, "observation"));
    const auto action = action_spec_from_json(require_host<nlohmann::json>("policy", state, "action"));
    const auto weights = take(state, "actor");
    std::shared_ptr<ImageEncoders> images;
    bool trainable = false;
    if (state.host.contains("encoder")) {
      const auto encoder = take(state, "encoder");
      trainable = encoder.host.at("trainable");
      images = load_images(encoder, weights, trainable);
      if (!trainable) images->to(device);
    }
    auto random = RandomStream(0, "load").next();
    auto generator = make_generator(random);
    auto inputs = std::make_shared<ObservationEncoder>(
        observation, load_normalizer(take(state, "normalizer")).to(device), images, trainable);
    const auto type =
        weights.host.at("type") == "deterministic" ? ActorType::kDeterministic : ActorType::kSquashedGaussian;
    const auto config =
        read_config<ActorConfig>(parse_config_text(weights.host.at("config").get<std::string>(), "policy"));
    auto actor = make_actor(type, inputs, action.dim, config, generator);
    load_module(weights, *actor);
    actor->to(device);
    auto policy = std::make_unique<ActorPolicy>(actor, action);
    if (policy->content_hash() != require_host<std::string>("policy", state, "hash")) {
      throw CheckpointError("policy: its content does not match its hash; the file was changed or is damaged");
    }
    return policy;
  } catch (const nlohmann::json::exception& error) {
    throw CheckpointError(concat("policy: its description is damaged (", error.what(), ")"));
  } catch (const ConfigError& error) {
    throw CheckpointError(concat("policy: its config does not fit this version: ", error.what()));
  }
}

}  // namespace onramp
