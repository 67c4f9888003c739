#include "onramp/algorithms/recurrent_bc.h"

#include <torch/types.h>

#include <utility>

#include "cloning_state.h"
#include "onramp/algorithms/cloned_policy.h"
#include "onramp/base/error.h"
#include "onramp/losses/bc.h"
#include "onramp/models/augmentation.h"
#include "onramp/policies/recurrent_policy.h"

namespace onramp {
namespace {

constexpr const char* kSequences = "batch";

/// [B, T, ...] -> [B T, ...]: what encodes an observation looks at each alone.
Observation one_by_one(const Observation& sequences) {
  Observation steps;
  for (const auto& [name, value] : sequences) steps.set(name, value.flatten(0, 1));
  return steps;
}

}  // namespace

RecurrentBc::RecurrentBc(const BcConfig& config, const LearnerContext& context)
    : config_(config),
      action_(context.action),
      inputs_(config.input, context),
      shift_(context.seed, "bc/shift", context.device) {
  config.validate();
  ONRAMP_CHECK(config.policy.type == ActorType::kMixtureRnn, "RecurrentBc learns a mixture_rnn");
  TorchStream initial(context.seed, "bc/initial_weights");
  // A stream has one generator at a time: what draws first is written first.
  auto encoder = inputs_.make_encoder(initial.next());
  actor_ = std::make_shared<RecurrentMixtureActor>(std::move(encoder), action_.dim, config.recurrent, config.mixture,
                                                   initial.next());
  actor_->to(context.device);
  optimizer_.emplace(*actor_, config.optimizer);
}

std::vector<BatchRequest> RecurrentBc::sample_plan() const {
  BatchRequest request{.name = kSequences,
                       .size = config_.batch_size,
                       .kind = SampleKind::kSequence,
                       .sources = {{.source = config_.source}},
                       .steps = config_.sequence_length};
  inputs_.describe(request);
  return {request};
}

Metrics RecurrentBc::update(const Batches& batches) {
  // Policy: the demonstrated actions by likelihood, each given what its sequence showed before; steps that are there alone.
  const Batch& batch = batches.at(kSequences);
  const auto obs = shift_pictures(one_by_one(batch.obs), config_.random_shift, shift_.next());  // [B T, ...]
  const auto log_prob = actor_->log_likelihood(obs, batch.action);                              // [B, T]
  const auto loss = losses::bc_nll(log_prob, batch.columns.at("mask"));
  optimizer_->minimize(loss);
  return {{"bc_loss", loss.detach()}};
}

std::unique_ptr<Policy> RecurrentBc::policy() const {
  return std::make_unique<RecurrentPolicy>(actor_->copy(), action_);
}

void RecurrentBc::save(Parts& parts) const {
  detail::save_cloning(parts, *actor_, save_policy(RecurrentPolicy(actor_->copy(), action_)), *optimizer_, shift_,
                       inputs_);
}

void RecurrentBc::load(const Parts& parts) { detail::load_cloning(parts, *actor_, *optimizer_, shift_, inputs_); }

}  // namespace onramp
