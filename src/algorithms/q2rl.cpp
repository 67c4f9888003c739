#include "onramp/algorithms/q2rl.h"

#include <torch/types.h>

#include "onramp/algorithms/redq.h"
#include "onramp/base/error.h"
#include "onramp/data/acting.h"
#include "onramp/losses/bc.h"
#include "onramp/losses/q2rl.h"
#include "onramp/nn/state.h"

namespace onramp {

namespace {
constexpr const char* kNoProposals =
    " hold no proposals of the cloned policy; set cloned_action: fresh, or bc_weight: 0";
}  // namespace

Q2rlConfig::Q2rlConfig() : ActorCriticConfig(redq_defaults()) { online_share = 1.0; }

void Q2rlConfig::validate() const {
  check_redq(*this, *this);
  check_entropy_backup(*this, *this);
  if (online_share < 1 && bc_weight > 0 && cloned_action == ClonedAction::kStored) {
    throw ConfigError(concat("online_share = ", online_share, ": steps of ", offline_source, kNoProposals));
  }
  if (!counts_entropy() && (temperature || target_entropy)) {
    throw ConfigError(concat(
        temperature ? "temperature" : "target_entropy",
        ": entropy counts nowhere, so that it would change nothing; set actor_entropy: true (and entropy_backup: "
        "true) too, or null here"));
  }
  if (entropy_backup && !actor_entropy && !temperature) {
    throw ConfigError(
        "entropy_backup: true with actor_entropy: false: nobody learns the temperature that weighs the entropy; set "
        "actor_entropy: true, or a fixed temperature");
  }
}

Q2rl::Q2rl(const Q2rlConfig& config, const LearnerContext& context)
    : ActorCriticAgent(config, context, "q2rl"),
      config_(config),
      cloned_(context, "q2rl", config.bc_action),
      critic_(config, config, net_, context.seed, "q2rl") {
  config.validate();
  check_cloned(config, *cloned_);
  if (net_.inputs().has_frozen_encoder()) check_sees_through(*cloned_, net_.critic().encoder(), "q2rl");
  TorchStream initial(context.seed, "q2rl/initial_value");
  // A stream has one generator at a time: what draws first is written first. V stands still on line, so that it borrows no
  // encoder that goes on learning.
  auto encoder = net_.inputs().make_encoder(initial.next());
  value_ = std::make_shared<StateValue>(std::move(encoder), config.critic.mlp, initial.next());
  value_->to(context.device);
  value_optimizer_.emplace(*value_, config.optimizer);
}

void Q2rl::check_cloned(const Q2rlConfig& config, const Policy& cloned) {
  if (!cloned.can_evaluate()) {
    throw ConfigError(
        "q2rl: the cloned policy gives no log-density and entropy of its actions; clone one that does, bc with policy: "
        "squashed_gaussian, mixture or mixture_rnn, or export one with log_prob_entropy()");
  }
  check_without_memory(cloned, without_memory(config));
}

std::string Q2rl::without_memory(const Q2rlConfig& config) {
  if (config.bc_weight == 0 || config.cloned_action == ClonedAction::kStored) return {};
  return cannot_ask_memory("q2rl", "set cloned_action: stored, or bc_weight: 0");
}

void Q2rl::check_given(const Q2rlConfig& config, const LearnerContext& context) {
  const auto cloned = load_cloned_policy(context, "q2rl");
  check_cloned(config, *cloned);
  check_sees_pixels(*cloned, config.input, "q2rl");
}

std::vector<std::string> Q2rl::needs(const Q2rlConfig& config, const ObservationSpec& observation) {
  return ClonedPolicy::needs(config.input, observation);
}

std::vector<std::string> Q2rl::sources(const Q2rlConfig& config, bool online) {
  return online ? ActorCritic::sources(config, online) : std::vector{config.rollout_source};
}

std::vector<SourceTerms> Q2rl::terms(const Q2rlConfig& config) {
  std::vector<SourceTerms> terms{
      {.source = config.rollout_source, .act = config.bc_action, .remedy = "give `act` and its `bc_action` the same"}};
  if (config.bc_weight > 0 && config.cloned_action == ClonedAction::kStored) {
    terms.push_back({.source = config.online_source, .own = true, .remedy = concat("its steps", kNoProposals)});
  }
  return terms;
}

std::vector<ConfigNode> Q2rl::default_phases(const Q2rlConfig& config, const std::string& learner, bool environment,
                                             const PolicyOfPart& policies) {
  const auto words = [](const std::string& text) { return ConfigNode::scalar(text, /*quoted=*/true); };
  std::vector<ConfigNode> phases;
  const auto cloned = policies.find(kClonedPolicy);
  if (environment && cloned != policies.end()) {
    phases.push_back(phase_of(learner, learner + "_rollouts", "{type: collect, episodes: 100}")
                         .without("learner")
                         .with("policy", words(cloned->second))
                         .with("act", words(enum_name(config.bc_action)))
                         .with("into", ConfigNode::list({words(config.rollout_source)})));
  }
  phases.push_back(phase_of(learner, learner + "_estimation", "{type: learn, updates: 20000}"));
  if (environment) phases.push_back(online_phase_by_step(learner, config.online_source));
  return phases;
}

void Q2rl::begin_stage(Stage stage) {
  stage_ = stage;
  net_.begin_stage(stage);
}

Metrics Q2rl::update(const Batches& batches) {
  const Batch& batch = batches.at(ActorCritic::kBatch);
  at::Generator& rng = net_.next_noise();
  return stage_ == Stage::kOffline ? estimate(batch) : improve(batch, rng);
}

// One step of Q-estimation, algorithm 1, lines 4 and 5.
Metrics Q2rl::estimate(const Batch& batch) {
  // V: regress on the return from each visited state (eq. 7, as it was meant).
  const auto& g = batch.columns.at("mc_return");  // [B]
  const auto v = value_->forward(batch.obs);      // [B]
  const auto value_loss = losses::value_mse(v, g);
  value_optimizer_->minimize(value_loss);

  // Q_BC(s, a) = V(s) + alpha (log pi_BC(a|s) + H[pi_BC(.|s)]) (eq. 6), and every member of Q_RL towards it.
  const auto pi_bc = cloned_.rate(batch);
  const auto& v_here = config_.estimate_target == EstimateTarget::kReturn ? g : v;
  const auto q_bc = losses::estimated_q(v_here, pi_bc.log_prob, pi_bc.entropy, config_.alpha);  // [B]
  Metrics metrics{{"value_loss", value_loss}, {"value", v}, {"q_bc", q_bc}};
  if (config_.init_critic) metrics.emplace_back("critic_loss", critic_.fit(batch.obs, batch.action, q_bc).loss);

  // Policy: the rollouts' actions by likelihood.
  if (config_.init_actor) {
    const auto nll = losses::bc_nll(net_.actor().log_likelihood(net_.see_constant(batch.obs), batch.action));
    net_.actor_optimizer().minimize(nll);
    metrics.emplace_back("actor_nll", nll);
  }
  for (auto& [name, value] : metrics) value = value.detach().mean();
  return metrics;
}

// Q_RL and pi_RL by off-policy learning, algorithm 1, line 15. (Lines 8 to 13 are the gated policy's and the run's.)
Metrics Q2rl::improve(const Batch& batch, at::Generator& rng) {
  // The target of Q_RL begins as the estimate.
  if (!online_) critic_.start_target_anew();
  online_ = true;
  // Critic: fit an ensemble to the least of some of its targets, minibatch by minibatch.
  const auto critic = critic_.improve(batch, config_, rng);

  // Policy: climb the least member, and stay near what the cloned policy would do (section IV-C).
  const auto pi = net_.actor().distribution(net_.see_constant(batch.obs));  // pi(.|s)
  PolicyObjective objective{.entropy = config_.actor_entropy, .bc_weight = config_.bc_weight};
  if (config_.bc_weight > 0) objective.cloned = cloned_action(batch);  // [B, A]
  const auto policy = net_.improve_policy(pi, batch, rng, objective);
  auto metrics = net_.metrics({{"critic_loss", critic.loss}}, critic.critic, policy);
  // A temperature that weighs nothing is none.
  if (!config_.counts_entropy())
    std::erase_if(metrics, [](const auto& metric) { return metric.first == "temperature"; });
  return metrics;
}

at::Tensor Q2rl::cloned_action(const Batch& batch) {
  if (config_.cloned_action == ClonedAction::kStored) return batch.columns.at(kProposalColumn).view_as(batch.action);
  return cloned_.propose(batch.obs, batch.action);
}

std::vector<BatchRequest> Q2rl::sample_plan() const {
  auto plan = net_.sample_plan();
  auto& request = plan.front();
  const bool clones = stage_ == Stage::kOnline && config_.bc_weight > 0;
  if (stage_ == Stage::kOffline) {
    request.sources = {{.source = config_.rollout_source}};
    request.n_step = 1;
    request.columns = {"mc_return"};
    request.wants_success = !config_.without_success;
  } else {
    critic_.describe(request);
    if (clones && config_.cloned_action == ClonedAction::kStored) request.columns = {kProposalColumn};
  }
  if (stage_ == Stage::kOffline) cloned_.describe_rating(request);
  if (clones && config_.cloned_action == ClonedAction::kFresh) cloned_.describe(request);
  return plan;
}

std::unique_ptr<Policy> Q2rl::policy() const {
  GatedNetworks networks{.cloned = cloned_.shared(),
                         .value = value_->copy(),
                         .critic = net_.critic().copy(),
                         .actor = std::static_pointer_cast<SquashedGaussianActor>(net_.actor().copy())};
  return std::make_unique<GatedPolicy>(std::move(networks), config_);
}

void Q2rl::save(Parts& parts) const {
  net_.save(parts);
  critic_.save(parts);
  save_module(parts["value"], *value_);
  value_optimizer_->save(parts["value_optimizer"]);
  cloned_.save(parts["learner"]);
  parts["learner"].host["online"] = online_;
}

void Q2rl::load(const Parts& parts) {
  const auto& learner = require_part(parts, "learner");
  cloned_.load(learner);
  net_.load(parts);
  critic_.load(parts);
  load_module(require_part(parts, "value"), *value_);
  value_optimizer_->load(require_part(parts, "value_optimizer"));
  online_ = require_host<bool>("learner", learner, "online");
}

}  // namespace onramp
