// What every network does with an observation first: pictures to features, vectors normalised, all concatenated.
#pragma once

#include <torch/nn/module.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "onramp/base/config.h"
#include "onramp/models/image_encoders.h"
#include "onramp/models/normalizer.h"

namespace onramp {

/// Where the image encoder of a network comes from.
enum class EncoderMode : uint8_t {
  kFrozen,    ///< one pretrained encoder for all networks, handed over; batches carry its features
  kEndToEnd,  ///< each network trains an encoder of its own, unless one is shared
  kNone,      ///< pictures are not seen at all
};
constexpr auto enum_names(EncoderMode*) {
  return std::array{std::pair{EncoderMode::kFrozen, "frozen"}, std::pair{EncoderMode::kEndToEnd, "end_to_end"},
                    std::pair{EncoderMode::kNone, "none"}};
}

/// Where an encoder that is trained end to end begins.
enum class EncoderStart : uint8_t { kRandom, kPretrained };
constexpr auto enum_names(EncoderStart*) {
  return std::array{std::pair{EncoderStart::kRandom, "random"}, std::pair{EncoderStart::kPretrained, "pretrained"}};
}

/// What the networks of a learner see.
struct InputConfig {
  std::vector<std::string> observations;
  EncoderMode images = EncoderMode::kFrozen;
  std::optional<EncoderStart> start;
  bool share_encoder = false;
  EncoderConfig encoder;
  bool normalize = true;
  template <class V>
  void fields(V& v) {
    v("observations", observations, "entries that the networks see; empty: all that are not privileged");
    v("images", images,
      "frozen: the pretrained encoder, shared by all networks; end_to_end: one encoder per network; none: pictures "
      "are not seen");
    v("start", start,
      "weights that an end_to_end encoder begins with: random, or pretrained, those handed over; null: random");
    v("share_encoder", share_encoder,
      "end_to_end with one encoder for all networks: the critic's loss trains it, the policy uses it without gradient");
    v("encoder", encoder, "image encoder of each network (end_to_end from random weights alone)");
    v("normalize", normalize, "standardise vectors (and frozen features, where fitted) by the handed-over normaliser");
  }
  void validate() const;     ///< @throws ConfigError for a start or a shared encoder where none is trained
  bool pretrained() const {  ///< whether the handed-over encoder is used at all
    return images == EncoderMode::kFrozen || start == EncoderStart::kPretrained;
  }
};

/// The entries of `observation` that are named, in its order; no names: all that are not privileged. Without pictures when
/// `images` is kNone.
/// @throws ConfigError for an unknown or a privileged entry, or when nothing is left
ObservationSpec select_observations(const ObservationSpec& observation, const std::vector<std::string>& names,
                                    EncoderMode images);

/// phi(s): the input of every network.
class ObservationEncoder : public torch::nn::Module {
 public:
  /// @param observation  what to read, e.g. of select_observations
  /// @param images       covers every image entry; null when there is none
  /// @param trainable    whether `images` belongs to this network: registered, trained, copied. Otherwise it is shared,
  ///                     gets no gradient and never changes
  /// @throws ConfigError for a privileged entry, or an image entry that `images` does not cover
  ObservationEncoder(ObservationSpec observation, Normalizer normalizer, std::shared_ptr<ImageEncoders> images,
                     bool trainable);
  /// Sees pictures through the trainable encoder of another network, as it is at that moment, without gradient. Neither of the
  /// two normalises the features.
  static std::shared_ptr<ObservationEncoder> borrowing(const ObservationEncoder& owner);

  /// @param obs batched. An image entry is uint8 [B,H,W,C], or float [B,F]: its features, of a frozen encoder's cache or of
  /// encode_pictures().
  /// @return float [B, feature_dim()]: the entries side by side, in the order of the spec. @throws ShapeError, ValueError
  at::Tensor forward(const Observation& obs);
  /// The observation with float [B,F] in place of each picture, so that networks which share an encoder run it once.
  Observation encode_pictures(const Observation& obs);

  int64_t feature_dim() const { return feature_dim_; }
  const ObservationSpec& observation() const { return observation_; }
  const Normalizer& normalizer() const { return normalizer_; }
  const std::shared_ptr<ImageEncoders>& images() const { return images_; }  ///< null without image entries
  bool trainable() const { return trainable_; }
  /// Same values. An encoder that changes, trained here or borrowed, gets memory of its own (and a borrowed one is frozen in
  /// the copy); a frozen one stays shared.
  std::shared_ptr<ObservationEncoder> copy() const;

 private:
  at::Tensor encode_entry(const EntrySpec& entry, const at::Tensor& value);

  ObservationSpec observation_;
  Normalizer normalizer_;
  std::shared_ptr<ImageEncoders> images_;
  bool trainable_;
  bool borrowed_ = false;
  int64_t feature_dim_ = 0;
};

}  // namespace onramp
