#include "onramp/algorithms/wsrl.h"

#include <torch/types.h>

#include "onramp/algorithms/learner_factory.h"
#include "onramp/algorithms/redq.h"

namespace onramp {

Wsrl::Wsrl(const WsrlConfig& config, const LearnerContext& context)
    : ActorCriticAgent(config, context, "wsrl"), config_(config), critic_(config, config, net_, context.seed, "wsrl") {}

std::vector<ConfigNode> Wsrl::default_phases(const WsrlConfig& config, const std::string& learner, bool environment) {
  std::vector<ConfigNode> phases{phase_of(learner, learner + "_offline", "{type: learn, updates: 20000}")};
  if (environment) {
    const auto words = [](const std::string& text) { return ConfigNode::scalar(text, /*quoted=*/true); };
    phases.push_back(phase_of(learner, learner + "_warm_up", "{type: collect, episodes: 17, act: sample}")
                         .without("learner")
                         .with("policy", words(learner + "_offline"))
                         .with("into", ConfigNode::list({words(config.online_source)})));
    phases.push_back(online_phase_by_step(learner, config.online_source));
  }
  return phases;
}

void Wsrl::begin_stage(Stage stage) {
  stage_ = stage;
  net_.begin_stage(stage);
}

std::vector<BatchRequest> Wsrl::sample_plan() const {
  auto plan = net_.sample_plan();
  critic_.describe(plan.front());
  if (stage_ == Stage::kOffline) describe_calibration(config_, plan.front());
  return plan;
}

// One update: the critic's steps, conservative off line, plain on line; then one of actor and temperature.
Metrics Wsrl::update(const Batches& batches) {
  const Batch& batch = batches.at(ActorCritic::kBatch);
  at::Generator& rng = net_.next_noise();
  const auto critic = stage_ == Stage::kOffline
                          ? improve_conservatively(config_, net_, critic_, batch, rng)
                          : critic_.improve(batch, EntropyBackupConfig{.entropy_backup = false}, rng);

  // Actor: maximise Q and entropy at reparameterised actions. Temperature: hold the policy's entropy at its target.
  const auto pi = net_.actor().distribution(net_.see_constant(batch.obs));  // pi(.|s)
  const auto policy = net_.improve_policy(pi, batch, rng);
  Metrics losses{{"critic_loss", critic.loss}};
  if (critic.term.defined()) losses.emplace_back("penalty", critic.term);
  return net_.metrics(std::move(losses), critic.critic, policy);
}

void Wsrl::save(Parts& parts) const {
  net_.save(parts);
  critic_.save(parts);
}

void Wsrl::load(const Parts& parts) {
  net_.load(parts);
  critic_.load(parts);
}

}  // namespace onramp
