#include "onramp/policies/recurrent_policy.h"

#include <torch/types.h>

#include "onramp/base/error.h"
#include "onramp/core/generator.h"
#include "onramp/models/content_hash.h"
#include "onramp/nn/state.h"
#include "onramp/policies/spec_json.h"
#include "stored_network.h"

namespace onramp {

using detail::put, detail::put_inputs, detail::take, detail::take_config, detail::take_inputs;

namespace {

/// What B episodes remember.
struct EpisodesState final : PolicyState {
  RecurrentState value;
  void reset(int64_t row) override {
    // Out of place: what a caller keeps of an earlier step stays as it was.
    const auto forget = [row](const at::Tensor& x, int64_t axis) {
      auto changed = x.clone();
      changed.select(axis, row).zero_();
      return changed;
    };
    value = {.lstm = {.h = forget(value.lstm.h, 1), .c = forget(value.lstm.c, 1)}, .steps = forget(value.steps, 0)};
  }
};

RecurrentState& remembered(PolicyState& state) {
  auto* own = dynamic_cast<EpisodesState*>(&state);
  ONRAMP_CHECK(own, "a state of another policy");
  return own->value;
}

at::Tensor acted(const GaussianMixture& pi, const at::Tensor& noise) {
  return noise.defined() ? sample_in_box(pi, noise) : pi.mode();
}

at::Tensor column_of(const at::Tensor& of_rows) { return of_rows.to(at::kFloat).cpu().reshape({-1, 1}); }

PartState describe_recurrent(const RecurrentMixtureActor& actor, const ActionSpec& action) {
  PartState state, weights;
  state.host = {{"kind", "recurrent_policy"}, {"action", to_json_value(action)}};
  save_module(weights, actor);
  weights.host = {{"recurrent", to_yaml(dump_config(actor.config()))},
                  {"mixture", to_yaml(dump_config(actor.mixture()))}};
  put(state, "actor", weights);
  put_inputs(state, actor.encoder());
  return state;
}

}  // namespace

RecurrentPolicy::RecurrentPolicy(std::shared_ptr<RecurrentMixtureActor> actor, ActionSpec action)
    : actor_(std::move(actor)), action_(std::move(action)), device_(actor_->parameters().front().device()) {
  ONRAMP_CHECK(actor_->action_dim() == action_.dim, "an actor of ", actor_->action_dim(), " dimensions for actions of ",
               action_.dim);
  set_trainable(*actor_, false);
}

std::unique_ptr<PolicyState> RecurrentPolicy::begin(int64_t batch) {
  auto state = std::make_unique<EpisodesState>();
  state->value = actor_->initial_state(batch);
  return state;
}

Action RecurrentPolicy::act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) {
  auto [action, density] = act_rated(obs, state, mode, random);
  return {.action = std::move(action),
          .info = {{kActedLogProb, column_of(density.log_prob)}, {kActedEntropy, column_of(density.entropy)}}};
}

RatedAction RecurrentPolicy::act_rated(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) {
  at::NoGradGuard no_gradient;
  at::Tensor noise;
  if (mode == ActMode::kSample) {
    auto generator = make_generator(random);
    noise = at::randn({obs.batch_size(), actor_->noise_dim()}, generator, at::TensorOptions()).to(device_);
  }
  const auto pi = actor_->step(obs.to(device_), remembered(state));
  const auto action = acted(pi, noise);  // [B, A]
  return {.action = action.cpu(), .density = {.log_prob = pi.log_prob(action), .entropy = pi.entropy_bound()}};
}

at::Tensor RecurrentPolicy::action_at(const Observation& obs, PolicyState& state, const at::Tensor& noise) const {
  at::NoGradGuard no_gradient;
  return acted(actor_->step(obs.to(device_), remembered(state)), noise.defined() ? noise.to(device_) : noise).cpu();
}

LogProbEntropy RecurrentPolicy::evaluate(const Observation&, const at::Tensor&) {
  throw Error(
      "this policy remembers what came before: how likely an action was is known when it acts, not later; use one "
      "without "
      "memory (bc with policy: mixture)");
}

std::string RecurrentPolicy::content_hash() const {
  if (hash_.empty()) hash_ = onramp::content_hash(describe_recurrent(*actor_, action_));
  return hash_;
}

PartState save_policy(const RecurrentPolicy& policy) {
  auto state = describe_recurrent(policy.actor(), policy.action_spec());
  state.host["hash"] = policy.content_hash();
  return state;
}

std::unique_ptr<RecurrentPolicy> load_recurrent_policy(const PartState& state, at::Device device) {
  auto random = RandomStream(0, "load").next();
  auto generator = make_generator(random);
  const auto action = action_spec_from_json(require_host<nlohmann::json>("policy", state, "action"));
  const auto weights = take(state, "actor");
  auto actor = std::make_shared<RecurrentMixtureActor>(take_inputs(state, weights, device), action.dim,
                                                       take_config<RecurrentConfig>(weights, "recurrent"),
                                                       take_config<MixtureConfig>(weights, "mixture"), generator);
  load_module(weights, *actor);
  actor->to(device);
  auto policy = std::make_unique<RecurrentPolicy>(actor, action);
  detail::check_stored_hash(state, policy->content_hash());
  return policy;
}

}  // namespace onramp
