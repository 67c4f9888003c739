// One image encoder for each camera of an observation: what a network owns, or what pretraining hands over, frozen.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "onramp/core/checkpoint.h"
#include "onramp/data/observation.h"
#include "onramp/data/spec.h"
#include "onramp/nn/encoders.h"

namespace onramp {

/// By image entry. Thread safety: concurrent encode() without training.
class ImageEncoders : public torch::nn::Module {
 public:
  /// @param observation its image entries get an encoder each; others are ignored
  /// @throws ConfigError for a picture too small for the encoder, or an image entry flagged privileged
  ImageEncoders(const ObservationSpec& observation, const EncoderConfig& config, at::Generator& generator);

  /// @param entry an image entry. @param images uint8 [B, H, W, C]. @return float [B, F]
  /// @throws ShapeError, ValueError for an entry that has no encoder
  at::Tensor encode(const std::string& entry, const at::Tensor& images);

  bool has(const std::string& entry) const;
  const ImageEncoder& encoder(const std::string& entry) const;         ///< @throws ValueError as encode()
  int64_t feature_dim() const { return config_.feature_dim; }          ///< F of each entry
  const ObservationSpec& observation() const { return observation_; }  ///< the image entries
  const EncoderConfig& config() const { return config_; }
  std::shared_ptr<ImageEncoders> copy() const;  ///< same values, own memory, same device

 private:
  const std::shared_ptr<ImageEncoder>& find(const std::string& entry) const;

  ObservationSpec observation_;
  EncoderConfig config_;
  std::vector<std::shared_ptr<ImageEncoder>> encoders_;  // in the order of observation_
};

/// The part "encoder": weights, config and picture sizes, so that it can be rebuilt from the part alone.
PartState save_encoder(const ImageEncoders& encoders);
/// @return on the CPU. @throws CheckpointError naming what is missing or does not fit
std::shared_ptr<ImageEncoders> load_encoder(const PartState& state);

}  // namespace onramp
