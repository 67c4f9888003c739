#include "onramp/algorithms/network_inputs.h"

#include <torch/types.h>

#include <algorithm>

#include "onramp/base/error.h"
#include "onramp/base/hash.h"
#include "onramp/models/content_hash.h"
#include "onramp/nn/state.h"

namespace onramp {
namespace {

const PartState& require_given(const LearnerContext& context, const std::string& part, const std::string& key) {
  if (context.given) {
    const auto found = context.given->find(part);
    if (found != context.given->end()) return found->second;
  }
  throw ConfigError(concat("input.", key, " needs the part '", part,
                           "', which no earlier phase hands over: add one that does, or change the setting"));
}

bool has_pictures(const ObservationSpec& observation) {
  return std::any_of(observation.entries.begin(), observation.entries.end(),
                     [](const auto& entry) { return entry.is_image(); });
}

}  // namespace

NetworkInputs::NetworkInputs(const InputConfig& config, const LearnerContext& context)
    : config_(config), observation_(select_observations(context.observation, config.observations, config.images)) {
  config.validate();
  Sha256 hash;
  has_images_ = has_pictures(observation_);
  if (config.normalize) {
    const auto& part = require_given(context, "normalizer", "normalize");
    hash.update(content_hash(part));
    normalizer_ = load_normalizer(part).to(context.device);
  }
  if (config.images == EncoderMode::kFrozen && has_images_) {
    const auto& part = require_given(context, "encoder", "images: frozen");
    hash.update(content_hash(part));
    frozen_ = load_encoder(part);
    frozen_->to(context.device);
    set_trainable(*frozen_, false);
  }
  if (config.start == EncoderStart::kPretrained && config.images == EncoderMode::kEndToEnd && has_images_) {
    pretrained_ = load_encoder(require_given(context, "encoder", "start: pretrained"));
  }
  hash_ = hash.hex();
}

std::shared_ptr<ObservationEncoder> NetworkInputs::make_encoder(at::Generator& generator) const {
  const bool own = config_.images == EncoderMode::kEndToEnd && has_images_;
  auto images = frozen_;
  if (own) {
    images =
        pretrained_ ? pretrained_->copy() : std::make_shared<ImageEncoders>(observation_, config_.encoder, generator);
  }
  return std::make_shared<ObservationEncoder>(observation_, normalizer_, std::move(images), own);
}

std::shared_ptr<ObservationEncoder> NetworkInputs::make_encoder_beside(const ObservationEncoder& first,
                                                                       at::Generator& generator) const {
  return shares_encoder() ? ObservationEncoder::borrowing(first) : make_encoder(generator);
}

void NetworkInputs::describe(BatchRequest& request) const {
  request.images = frozen_ ? ImageForm::kFrameIds : ImageForm::kPixels;
  for (const auto& entry : observation_.entries) request.observations.push_back(entry.name);
}

void NetworkInputs::check_hash(const std::string& saved) const {
  if (saved == hash_) return;
  throw CheckpointError(
      "learner: it was trained with another encoder or normaliser than those handed over; continue the "
      "run that it belongs to, or train it anew");
}

std::vector<std::string> NetworkInputs::needs(const InputConfig& config, const ObservationSpec& observation) {
  std::vector<std::string> parts;
  if (config.normalize) parts.emplace_back("normalizer");
  const bool pictures = has_pictures(select_observations(observation, config.observations, config.images));
  if (config.pretrained() && pictures) parts.emplace_back("encoder");
  return parts;
}

}  // namespace onramp
