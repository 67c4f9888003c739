// From a learner's input settings and what earlier phases handed over to the encoders of its networks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "onramp/algorithms/learnable.h"
#include "onramp/models/observation_encoder.h"

namespace onramp {

/// Makes the encoders that a learner's networks begin with. Thread safety: none.
class NetworkInputs {
 public:
  /// @throws ConfigError when a part that the settings ask for was not handed over, or an entry cannot be seen
  NetworkInputs(const InputConfig& config, const LearnerContext& context);

  /// For one network: a trainable image encoder of its own, or the frozen one, shared. On the CPU until moved, but for
  /// normaliser and frozen encoder, which are on the learner's device.
  std::shared_ptr<ObservationEncoder> make_encoder(at::Generator& generator) const;
  /// For a further network of the same learner: the same, or `first`'s borrowed where the settings say share_encoder.
  std::shared_ptr<ObservationEncoder> make_encoder_beside(const ObservationEncoder& first,
                                                          at::Generator& generator) const;
  /// Sets the entries and the form of images that the networks read.
  void describe(BatchRequest& request) const;
  /// Of the frozen parts (encoder, normaliser): a checkpoint belongs to the parts it was trained with.
  const std::string& hash() const { return hash_; }
  bool has_frozen_encoder() const { return frozen_ != nullptr; }
  bool shares_encoder() const { return config_.share_encoder && has_images_; }  ///< a trainable one
  /// @throws CheckpointError when a checkpoint's hash is another
  void check_hash(const std::string& saved) const;
  /// Parts that these settings need handed over. @throws ConfigError when an entry cannot be seen
  static std::vector<std::string> needs(const InputConfig& config, const ObservationSpec& observation);

 private:
  InputConfig config_;
  ObservationSpec observation_;
  Normalizer normalizer_;
  std::shared_ptr<ImageEncoders> frozen_;      // null unless frozen and there is an image
  std::shared_ptr<ImageEncoders> pretrained_;  // where trainable ones begin; null: at random weights
  bool has_images_ = false;
  std::string hash_;
};

}  // namespace onramp
