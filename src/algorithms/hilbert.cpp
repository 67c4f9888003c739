#include "onramp/algorithms/hilbert.h"

#include <torch/types.h>

#include "onramp/algorithms/learner_factory.h"
#include "onramp/base/error.h"
#include "onramp/losses/hilbert.h"
#include "onramp/models/augmentation.h"
#include "onramp/nn/state.h"

namespace onramp {
namespace {

constexpr const char* kBatch = "batch";

ObservationSpec represented(const ObservationSpec& observation, std::vector<std::string> names) {
  if (names.empty()) {
    for (const auto& entry : observation.entries) {
      if (entry.is_image() && !entry.privileged) names.push_back(entry.name);
    }
    if (names.empty()) {
      throw ConfigError("there are no pictures to represent; name other entries under its `observations`");
    }
  }
  return select_observations(observation, names, EncoderMode::kEndToEnd);
}

/// Rows of `a`, then rows of `b`: one pass through the network for both.
Observation rows_of_both(const Observation& a, const Observation& b, const ObservationSpec& spec) {
  Observation both;
  for (const auto& entry : spec.entries) both.set(entry.name, at::cat({a.at(entry.name), b.at(entry.name)}, 0));
  return both;
}

}  // namespace

void HilbertConfig::validate() const {
  if (goal_future + goal_self > 1) {
    throw ConfigError(concat("goal_future + goal_self = ", goal_future + goal_self, ", want at most 1"));
  }
}

HilbertRepresentation::HilbertRepresentation(std::shared_ptr<ObservationEncoder> encoder, const HilbertConfig& config,
                                             at::Generator& generator)
    : encoder_(register_module("encoder", std::move(encoder))),
      head_(register_module(
          "head", std::make_shared<Mlp>(encoder_->feature_dim(), config.latent_dim, config.head, generator))) {}

void Hilbert::check(const HilbertConfig& config, const ObservationSpec& observation) {
  represented(observation, config.observations);
}

Hilbert::Hilbert(const HilbertConfig& config, const LearnerContext& context)
    : config_(config),
      observation_(represented(context.observation, config.observations)),
      shift_(context.seed, "hilbert/shift", context.device) {
  config.validate();
  TorchStream initial(context.seed, "hilbert/initial_weights");
  const auto make = [&] {
    auto& generator = initial.next();
    auto images = std::make_shared<ImageEncoders>(observation_, config.encoder, generator);
    auto encoder = std::make_shared<ObservationEncoder>(observation_, Normalizer(), images, /*trainable=*/true);
    auto phi = std::make_shared<HilbertRepresentation>(encoder, config, generator);
    phi->to(context.device);
    return phi;
  };
  phi_ = make();
  target_phi_ = make();
  copy_module(*target_phi_, *phi_);
  set_trainable(*target_phi_, false);
  optimizer_.emplace(*phi_, config.optimizer);
  flatten_parameters(*target_phi_);
}

Metrics Hilbert::update(const Batches& batches) {
  const Batch& batch = batches.at(kBatch);
  const auto reached = batch.columns.at("reached") > 0;  // [B]
  auto& rng = shift_.next();
  const auto obs = shift_pictures(batch.obs, config_.random_shift, rng);
  const auto next_obs = shift_pictures(batch.next_obs, config_.random_shift, rng);
  const auto goal = shift_pictures(batch.goal, config_.random_shift, rng);

  // Target: 0 where s is the goal, else -1 + gamma V_target(s', g).
  const auto next_value = [&] {
    at::NoGradGuard no_gradient;
    const auto phi = target_phi_->forward(rows_of_both(next_obs, goal, observation_)).chunk(2);  // 2 x [B, F]
    return losses::hilbert_value(phi[0], phi[1]);                                                // [B]
  }();
  const auto target = losses::first_occupancy_target(next_value, reached, config_.gamma);  // [B]

  // Value: V(s, g) = -||phi(s) - phi(g)||, by expectile regression.
  const auto phi = phi_->forward(rows_of_both(obs, goal, observation_)).chunk(2);  // 2 x [B, F]
  const auto value = losses::hilbert_value(phi[0], phi[1]);                        // [B]
  const auto loss = losses::expectile_mse(value, target, config_.expectile);
  optimizer_->minimize(loss);

  // Target network: theta' <- (1 - tau) theta' + tau theta.
  polyak_update(*target_phi_, *phi_, config_.target_rate);
  return {{"hilbert_loss", loss.detach()}, {"value", value.detach().mean()}, {"target", target.mean()}};
}

std::vector<ConfigNode> Hilbert::default_phases(const HilbertConfig&, const std::string& learner, bool) {
  return {phase_of(learner, learner, "{type: learn, updates: 50000}")};
}

std::vector<BatchRequest> Hilbert::sample_plan() const {
  BatchRequest request{.name = kBatch,
                       .size = config_.batch_size,
                       .kind = SampleKind::kGoal,
                       .sources = {{.source = config_.source}},
                       .gamma = config_.gamma,
                       .goal_future = config_.goal_future,
                       .goal_self = config_.goal_self};
  for (const auto& entry : observation_.entries) request.observations.push_back(entry.name);
  return {request};
}

at::Tensor Hilbert::value(const Observation& obs, const Observation& goal) {
  at::NoGradGuard no_gradient;
  return losses::hilbert_value(phi_->forward(obs), phi_->forward(goal));
}

void Hilbert::save(Parts& parts) const {
  parts["encoder"] = save_encoder(*phi_->encoder().images());
  save_module(parts["representation"], *phi_);
  save_module(parts["target"], *target_phi_);
  optimizer_->save(parts["optimizer"]);
  parts["learner"].host = {{"shift", shift_.counter()}};
}

void Hilbert::load(const Parts& parts) {
  load_module(require_part(parts, "representation"), *phi_);
  load_module(require_part(parts, "target"), *target_phi_);
  optimizer_->load(require_part(parts, "optimizer"));
  shift_.set_counter(require_host<uint64_t>("learner", require_part(parts, "learner"), "shift"));
}

}  // namespace onramp
