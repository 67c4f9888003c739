#include "onramp/algorithms/bc.h"

#include <torch/types.h>

#include <utility>

#include "cloning_state.h"
#include "onramp/algorithms/cloned_policy.h"
#include "onramp/algorithms/given_policy.h"
#include "onramp/algorithms/learner_factory.h"
#include "onramp/algorithms/recurrent_bc.h"
#include "onramp/base/error.h"
#include "onramp/losses/bc.h"
#include "onramp/models/augmentation.h"
#include "onramp/policies/actor_policy.h"

namespace onramp {
namespace {

constexpr const char* kBatch = "batch";

std::shared_ptr<Actor> make_policy(const BcConfig& config, std::shared_ptr<ObservationEncoder> encoder,
                                   int64_t action_dim, at::Generator& generator) {
  if (config.policy.type == ActorType::kMixture) {
    return std::make_shared<MixtureActor>(std::move(encoder), action_dim, config.actor, config.mixture, generator);
  }
  return make_actor(config.policy.type, std::move(encoder), action_dim, config.actor, generator);
}

/// policy: {torchscript: path}
struct TorchScriptFileConfig {
  std::filesystem::path torchscript;
  template <class V>
  void fields(V& v) {
    v("torchscript", torchscript, "file of a policy that was learned elsewhere", required(), not_empty());
  }
};

}  // namespace

void BcPolicy::read(const ConfigNode& node) {
  torchscript.clear();
  if (node.is_map())
    torchscript = read_config<TorchScriptFileConfig>(node).torchscript.string();
  else
    type = read_config<ActorType>(node);
}

ConfigNode BcPolicy::dump() const {
  return from_file() ? dump_config(TorchScriptFileConfig{torchscript}) : dump_config(type);
}

std::string BcPolicy::type_name() { return join(enum_words<ActorType>(), " | ") + " | {torchscript: path}"; }

void BcPolicy::help(HelpRows& rows, int) const { rows.back().text += " " + enum_name(type); }  // the field's own row

void BcConfig::validate() const {
  if (policy.from_file()) return;
  if (random_shift > 0 && input.images != EncoderMode::kEndToEnd) {
    throw ConfigError(concat("random_shift = ", random_shift,
                             " needs pixels in each update: set input.images to end_to_end, or random_shift to 0"));
  }
  if (input.share_encoder) throw ConfigError("input.share_encoder: there is one network alone, nothing to share with");
}

Bc::Bc(const BcConfig& config, const LearnerContext& context)
    : config_(config),
      action_(context.action),
      inputs_(config.input, context),
      shift_(context.seed, "bc/shift", context.device) {
  config.validate();
  TorchStream initial(context.seed, "bc/initial_weights");
  // A stream has one generator at a time: what draws first is written first.
  auto encoder = inputs_.make_encoder(initial.next());
  actor_ = make_policy(config, std::move(encoder), action_.dim, initial.next());
  actor_->to(context.device);
  optimizer_.emplace(*actor_, config.optimizer);
}

Metrics Bc::update(const Batches& batches) {
  const Batch& batch = batches.at(kBatch);
  const auto obs = shift_pictures(batch.obs, config_.random_shift, shift_.next());
  const auto loss = actor_->stochastic() ? losses::bc_nll(actor_->log_likelihood(obs, batch.action))
                                         : losses::bc_mse(actor_->mode(obs), batch.action);
  optimizer_->minimize(loss);
  return {{"bc_loss", loss.detach()}};
}

std::unique_ptr<Learnable> Bc::make(const BcConfig& config, const LearnerContext& context) {
  if (config.policy.from_file()) return std::make_unique<GivenPolicy>(context);
  if (config.policy.type == ActorType::kMixtureRnn) return std::make_unique<RecurrentBc>(config, context);
  return std::make_unique<Bc>(config, context);
}

std::vector<std::string> Bc::provides() { return {kClonedPolicy}; }

std::optional<bool> Bc::has_density(const BcConfig& config) {
  if (config.policy.from_file()) return {};
  return config.policy.type != ActorType::kDeterministic;
}

std::optional<bool> Bc::has_memory(const BcConfig& config) {
  if (config.policy.from_file()) return {};
  return config.policy.type == ActorType::kMixtureRnn;
}

std::vector<std::string> Bc::needs(const BcConfig& config, const ObservationSpec& observation) {
  if (config.policy.from_file()) return {};
  return NetworkInputs::needs(config.input, observation);
}

std::vector<std::string> Bc::sources(const BcConfig& config, bool) {
  if (config.policy.from_file()) return {};
  return {config.source};
}

std::optional<ActMode> Bc::usual_mode(const BcConfig& config) {
  if (config.policy.from_file()) return {};
  return onramp::usual_mode(config.policy.type);
}

std::vector<ConfigNode> Bc::default_phases(const BcConfig& config, const std::string& learner, bool) {
  if (config.policy.from_file()) return {phase_of(learner, learner, "{type: learn, updates: 0}")};
  return {phase_of(learner, learner, "{type: learn, updates: 100000, keep_policy_every: 10000}")};
}

std::vector<BatchRequest> Bc::sample_plan() const {
  BatchRequest request{.name = kBatch, .size = config_.batch_size, .sources = {{.source = config_.source}}};
  inputs_.describe(request);
  return {request};
}

std::unique_ptr<Policy> Bc::policy() const { return std::make_unique<ActorPolicy>(actor_->copy(), action_); }

void Bc::save(Parts& parts) const {
  detail::save_cloning(parts, *actor_, save_policy(ActorPolicy(actor_->copy(), action_)), *optimizer_, shift_, inputs_);
}

void Bc::load(const Parts& parts) { detail::load_cloning(parts, *actor_, *optimizer_, shift_, inputs_); }

}  // namespace onramp
