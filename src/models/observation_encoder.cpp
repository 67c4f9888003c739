#include "onramp/models/observation_encoder.h"

#include <torch/types.h>

#include <algorithm>

#include "onramp/base/error.h"
#include "onramp/core/shapes.h"

namespace onramp {

void InputConfig::validate() const {
  if (start && images == EncoderMode::kNone) {
    throw ConfigError("start: there is no encoder to start where images: none");
  }
  if (start == EncoderStart::kRandom && images == EncoderMode::kFrozen) {
    throw ConfigError(
        "start: random: a frozen encoder is the one handed over; for random weights let the phase that pretrains it "
        "make "
        "0 updates, or set images: end_to_end");
  }
  if (share_encoder && images != EncoderMode::kEndToEnd) {
    throw ConfigError(concat("share_encoder needs images: end_to_end; ",
                             images == EncoderMode::kFrozen ? "a frozen encoder is shared by all networks as it is"
                                                            : "no pictures are seen"));
  }
}

ObservationSpec select_observations(const ObservationSpec& observation, const std::vector<std::string>& names,
                                    EncoderMode images) {
  std::vector<std::string> known;
  for (const auto& entry : observation.entries) {
    if (!entry.privileged) known.push_back(entry.name);
  }
  for (const auto& name : names) {
    const auto* entry = observation.find(name);
    if (!entry) throw ConfigError(concat("observations: no entry '", name, "' (known: ", join(known, ", "), ")"));
    if (entry->privileged) {
      throw ConfigError(
          concat("observations: '", name, "' is privileged: no network may see it (take of: ", join(known, ", "), ")"));
    }
  }
  ObservationSpec selected;
  for (const auto& entry : observation.entries) {
    const bool named = std::find(names.begin(), names.end(), entry.name) != names.end();
    if (entry.is_image() && images == EncoderMode::kNone) continue;
    if (names.empty() ? !entry.privileged : named) selected.entries.push_back(entry);
  }
  if (selected.entries.empty()) throw ConfigError("observations: no entry that a network may see");
  return selected;
}

ObservationEncoder::ObservationEncoder(ObservationSpec observation, Normalizer normalizer,
                                       std::shared_ptr<ImageEncoders> images, bool trainable)
    : observation_(std::move(observation)),
      normalizer_(std::move(normalizer)),
      images_(std::move(images)),
      trainable_(trainable && images_) {
  for (const auto& entry : observation_.entries) {
    if (entry.privileged) {
      throw ConfigError(concat("observation '", entry.name, "' is privileged: no network may see it"));
    }
    if (entry.is_image()) {
      if (!images_ || !images_->has(entry.name)) {
        throw ConfigError(
            concat("no encoder for the image '", entry.name, "': pretrain one on it, or train end to end"));
      }
      if (images_->observation().find(entry.name)->shape != entry.shape) {
        throw ConfigError(concat("the encoder of '", entry.name, "' was made for pictures of another size"));
      }
      feature_dim_ += images_->feature_dim();
    } else {
      feature_dim_ += entry.numel();
    }
  }
  if (trainable_) register_module("images", images_);
}

at::Tensor ObservationEncoder::encode_entry(const EntrySpec& entry, const at::Tensor& value) {
  if (!entry.is_image()) {
    check_float(entry.name, value, {kB, entry.numel()});
    return normalizer_.apply(entry.name, value);
  }
  if (value.is_floating_point()) {
    check_float(entry.name, value, {kB, images_->feature_dim()});
    if (trainable_) return value;
    return normalizer_.apply(entry.name, borrowed_ ? value.detach() : value);
  }
  if (trainable_) return images_->encode(entry.name, value);
  at::NoGradGuard frozen;
  return normalizer_.apply(entry.name, images_->encode(entry.name, value));
}

at::Tensor ObservationEncoder::forward(const Observation& obs) {
  std::vector<at::Tensor> encoded;
  encoded.reserve(observation_.entries.size());
  for (const auto& entry : observation_.entries) encoded.push_back(encode_entry(entry, obs.at(entry.name)));
  return encoded.size() == 1 ? encoded.front() : at::cat(encoded, 1);  // [B, O]
}

Observation ObservationEncoder::encode_pictures(const Observation& obs) {
  Observation features;
  for (const auto& entry : observation_.entries) {
    const auto& value = obs.at(entry.name);
    features.set(entry.name, entry.is_image() ? images_->encode(entry.name, value) : value);
  }
  return features;
}

std::shared_ptr<ObservationEncoder> ObservationEncoder::borrowing(const ObservationEncoder& owner) {
  // Features that move have no fitted statistics. Those of pictures go, so that copies and policy files do without as well.
  auto entries = owner.normalizer_.entries();
  for (const auto& entry : owner.observation_.entries) {
    if (entry.is_image()) entries.erase(entry.name);
  }
  auto encoder = std::make_shared<ObservationEncoder>(owner.observation_, Normalizer(std::move(entries)), owner.images_,
                                                      /*trainable=*/false);
  encoder->borrowed_ = true;
  return encoder;
}

std::shared_ptr<ObservationEncoder> ObservationEncoder::copy() const {
  return std::make_shared<ObservationEncoder>(observation_, normalizer_,
                                              trainable_ || borrowed_ ? images_->copy() : images_, trainable_);
}

}  // namespace onramp
