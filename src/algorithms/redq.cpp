#include "onramp/algorithms/redq.h"

#include <torch/types.h>

#include "onramp/algorithms/learner_factory.h"

namespace onramp {

ActorCriticConfig redq_defaults() {
  ActorCriticConfig config;
  config.n_step = 1;
  config.batch_size = 256;
  config.input.images = EncoderMode::kEndToEnd;
  config.critic = {.ensemble = 10, .mlp = {.hidden = {512, 512, 512}, .layer_norm = true}};
  config.actor.mlp = {.hidden = {512, 512, 512}};
  return config;
}

ConfigNode online_phase_by_step(const std::string& learner, const std::string& into) {
  return phase_of(learner, learner + "_online", "{type: interleave, episodes: 1000, updates_per_step: 1}")
      .with("into", ConfigNode::list({ConfigNode::scalar(into, /*quoted=*/true)}));
}

std::vector<ConfigNode> redq_phases(const ActorCriticConfig& config, const std::string& learner, bool environment) {
  if (environment) return {online_phase_by_step(learner, config.online_source)};
  return {phase_of(learner, learner, "{type: learn, updates: 100000}")};
}

Redq::Redq(const RedqConfig& config, const LearnerContext& context)
    : ActorCriticAgent(config, context, "redq"), config_(config), critic_(config, config, net_, context.seed, "redq") {}

std::vector<ConfigNode> Redq::default_phases(const RedqConfig& config, const std::string& learner, bool environment) {
  return redq_phases(config, learner, environment);
}

std::vector<BatchRequest> Redq::sample_plan() const {
  auto plan = net_.sample_plan();
  critic_.describe(plan.front());
  return plan;
}

// One update: `utd` steps of the critic and its target, then one of actor and temperature.
Metrics Redq::update(const Batches& batches) {
  const Batch& batch = batches.at(ActorCritic::kBatch);
  at::Generator& rng = net_.next_noise();
  // Critic: fit an ensemble to the least of some of its targets, minibatch by minibatch.
  const auto critic = critic_.improve(batch, config_, rng);

  // Actor: maximise Q and entropy at reparameterised actions. Temperature: hold the policy's entropy at its target.
  const auto rows = config_.actor_batch == ActorBatch::kAll ? batch.size() : batch.size() / config_.utd;
  const auto seen = batch.slice(batch.size() - rows, batch.size());
  const auto pi = net_.actor().distribution(net_.see_constant(seen.obs));  // pi(.|s)
  const auto policy = net_.improve_policy(pi, seen, rng, {.value = config_.actor_value});
  return net_.metrics({{"critic_loss", critic.loss}}, critic.critic, policy);
}

void Redq::save(Parts& parts) const {
  net_.save(parts);
  critic_.save(parts);
}

void Redq::load(const Parts& parts) {
  net_.load(parts);
  critic_.load(parts);
}

}  // namespace onramp
