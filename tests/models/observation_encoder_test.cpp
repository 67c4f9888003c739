#include "onramp/models/observation_encoder.h"

#include <torch/types.h>

#include "model_testing.h"
#include "onramp/base/error.h"
#include "onramp/models/content_hash.h"
#include "onramp/nn/state.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

const EncoderConfig kSmall{.feature_dim = 8, .channels = {4, 4}};

std::shared_ptr<ImageEncoders> encoders(uint64_t seed = 1) {
  auto generator = generator_of(seed);
  return std::make_shared<ImageEncoders>(picture_and_state(), kSmall, generator);
}

ObservationSpec visible() { return select_observations(picture_and_state(), {}, EncoderMode::kFrozen); }

TEST(SelectObservations, LeavesOutWhatIsPrivilegedAndKeepsTheOrder) {
  const auto all = visible();
  ASSERT_EQ(all.entries.size(), 2U);
  EXPECT_EQ(all.entries[0].name, "wrist");
  EXPECT_EQ(all.entries[1].name, "state");
  EXPECT_EQ(select_observations(picture_and_state(), {"state", "wrist"}, EncoderMode::kFrozen), all);
  EXPECT_EQ(select_observations(picture_and_state(), {}, EncoderMode::kNone).entries.size(), 1U);
}

TEST(SelectObservations, RefusesPrivilegedAndUnknownEntries) {
  const auto select = [](const std::string& name) {
    select_observations(picture_and_state(), {name}, EncoderMode::kFrozen);
  };
  expect_throws<ConfigError>([&] { select("truth"); }, "'truth' is privileged: no network may see it");
  expect_throws<ConfigError>([&] { select("wirst"); }, "no entry 'wirst' (known: wrist, state)");
  expect_throws<ConfigError>([] { select_observations(picture_and_state(), {"wrist"}, EncoderMode::kNone); },
                             "no entry");
}

TEST(ImageEncoders, SurviveSaveAndLoadFromThePartAlone) {
  const auto original = encoders();
  const auto saved = save_encoder(*original);
  const auto loaded = load_encoder(saved);
  const auto x = pictures(3, 2);
  expect_equal(loaded->encode("wrist", x), original->encode("wrist", x));
  EXPECT_EQ(original->encode("wrist", x).sizes(), (std::vector<int64_t>{3, 8}));
  EXPECT_EQ(content_hash(saved), content_hash(save_encoder(*loaded)));
  EXPECT_NE(content_hash(saved), content_hash(save_encoder(*encoders(2))));
}

TEST(ImageEncoders, RefuseAPartWithoutWeightsOrWithADamagedDescription) {
  auto no_weights = save_encoder(*encoders());
  no_weights.tensors.erase(no_weights.tensors.begin());
  expect_throws<CheckpointError>([&] { load_encoder(no_weights); }, "wrist");
  auto no_entries = save_encoder(*encoders());
  no_entries.host["entries"] = {{{"name", "wrist"}}};
  expect_throws<CheckpointError>([&] { load_encoder(no_entries); }, "description is damaged");
  auto other_config = save_encoder(*encoders());
  other_config.host["config"] = "feature_dim: -3\n";
  expect_throws<CheckpointError>([&] { load_encoder(other_config); }, "config does not fit");
}

TEST(ObservationEncoder, PutsEntriesSideBySideInTheOrderOfTheSpec) {
  ObservationEncoder encoder(visible(), Normalizer(), encoders(), /*trainable=*/true);
  EXPECT_EQ(encoder.feature_dim(), 11);
  const auto x = pictures(2, 1), state = normals({2, 3}, 2);
  const auto out = encoder.forward({{"state", state}, {"wrist", x}});
  expect_equal(out, at::cat({encoders()->encode("wrist", x), state}, 1));
}

TEST(ObservationEncoder, CachedFeaturesStandForThePicture) {
  const auto images = encoders();
  const auto x = pictures(2, 1), state = normals({2, 3}, 2);
  const auto normalizer = fit_normalizer({{"state", normals({20, 3}, 3)}, {"wrist", normals({20, 8}, 4)}});
  ObservationEncoder encoder(visible(), normalizer, images, /*trainable=*/false);
  const auto from_picture = encoder.forward({{"wrist", x}, {"state", state}});
  const auto features = images->encode("wrist", x).detach();
  expect_equal(from_picture, encoder.forward({{"wrist", features}, {"state", state}}));
  expect_equal(from_picture, at::cat({normalizer.apply("wrist", features), normalizer.apply("state", state)}, 1));
}

TEST(ObservationEncoder, NoGradientReachesAFrozenEncoder) {
  const auto images = encoders();
  ObservationEncoder frozen(visible(), Normalizer(), images, /*trainable=*/false);
  EXPECT_TRUE(frozen.parameters().empty());
  EXPECT_FALSE(frozen.forward({{"wrist", pictures(2, 1)}, {"state", normals({2, 3}, 2)}}).requires_grad());
  ObservationEncoder own(visible(), Normalizer(), images, /*trainable=*/true);
  EXPECT_TRUE(own.forward({{"wrist", pictures(2, 1)}, {"state", normals({2, 3}, 2)}}).requires_grad());
}

TEST(ObservationEncoder, ACopyOwnsItsTrainableEncoderAndSharesAFrozenOne) {
  ObservationEncoder own(visible(), Normalizer(), encoders(), /*trainable=*/true);
  const Observation obs{{"wrist", pictures(2, 1)}, {"state", normals({2, 3}, 2)}};
  const auto copy = own.copy();
  const auto before = own.forward(obs);
  expect_equal(copy->forward(obs), before);
  {
    at::NoGradGuard no_gradient;
    for (auto& parameter : own.parameters()) parameter.add_(0.1);
  }
  EXPECT_FALSE(at::equal(own.forward(obs), before));
  expect_equal(copy->forward(obs), before);
  ObservationEncoder frozen(visible(), Normalizer(), encoders(), /*trainable=*/false);
  EXPECT_EQ(frozen.copy()->images(), frozen.images());
}

TEST(ObservationEncoder, PicturesThatAreEncodedOnceServeOwnerAndBorrower) {
  ObservationEncoder owner(visible(), Normalizer(), encoders(), /*trainable=*/true);
  const auto borrower = ObservationEncoder::borrowing(owner);
  const Observation obs{{"wrist", pictures(2, 1)}, {"state", normals({2, 3}, 2)}};
  const auto seen = owner.encode_pictures(obs);
  expect_equal(owner.forward(seen), owner.forward(obs));
  expect_equal(borrower->forward(seen), borrower->forward(obs));
  expect_equal(borrower->forward(obs), owner.forward(obs));
  EXPECT_TRUE(owner.forward(seen).requires_grad());
  EXPECT_FALSE(borrower->forward(seen).requires_grad());
  EXPECT_FALSE(borrower->forward(obs).requires_grad());
  EXPECT_TRUE(borrower->parameters().empty()) << "they are the owner's";
}

// Statistics of features that were fitted once say nothing about an encoder that is trained.
TEST(ObservationEncoder, NeitherOwnerNorBorrowerNormalisesTheFeaturesOfPictures) {
  const auto normalizer = fit_normalizer({{"state", 3 + normals({20, 3}, 3)}, {"wrist", 3 + normals({20, 8}, 4)}});
  ObservationEncoder owner(visible(), normalizer, encoders(), /*trainable=*/true);
  const auto borrower = ObservationEncoder::borrowing(owner);
  const Observation obs{{"wrist", pictures(2, 1)}, {"state", normals({2, 3}, 2)}};
  const auto want =
      at::cat({encoders()->encode("wrist", obs.at("wrist")), normalizer.apply("state", obs.at("state"))}, 1);
  expect_equal(owner.forward(obs), want);
  expect_equal(owner.forward(owner.encode_pictures(obs)), want);
  for (const auto& encoder : {borrower, borrower->copy()}) {
    expect_equal(encoder->forward(obs), want);
    expect_equal(encoder->forward(owner.encode_pictures(obs)), want);
  }
}

TEST(ObservationEncoder, ABorrowerFollowsItsOwnerAndItsCopyDoesNot) {
  ObservationEncoder owner(visible(), Normalizer(), encoders(), /*trainable=*/true);
  const auto borrower = ObservationEncoder::borrowing(owner);
  const auto copy = borrower->copy();
  const Observation obs{{"wrist", pictures(2, 1)}, {"state", normals({2, 3}, 2)}};
  const auto before = owner.forward(obs);
  expect_equal(copy->forward(obs), before);
  {
    at::NoGradGuard no_gradient;
    for (auto& parameter : owner.parameters()) parameter.add_(0.1);
  }
  EXPECT_FALSE(at::equal(borrower->forward(obs), before));
  expect_equal(borrower->forward(obs), owner.forward(obs));
  expect_equal(copy->forward(obs), before);
  EXPECT_EQ(copy->copy()->images(), copy->images()) << "the copy's encoder is frozen";
}

TEST(InputConfig, RefusesSettingsOfAnEncoderThatIsNotTrained) {
  const auto refuse = [](const InputConfig& config, const std::string& message) {
    expect_throws<ConfigError>([&] { config.validate(); }, message);
  };
  refuse({.images = EncoderMode::kNone, .start = EncoderStart::kPretrained}, "there is no encoder to start");
  refuse({.images = EncoderMode::kFrozen, .start = EncoderStart::kRandom},
         "a frozen encoder is the one handed over; for random weights let the phase that pretrains it make 0 updates");
  refuse({.images = EncoderMode::kFrozen, .share_encoder = true},
         "a frozen encoder is shared by all networks as it is");
  refuse({.images = EncoderMode::kNone, .share_encoder = true}, "no pictures are seen");
  EXPECT_NO_THROW((InputConfig{.images = EncoderMode::kFrozen, .start = EncoderStart::kPretrained}.validate()));
  EXPECT_NO_THROW(
      (InputConfig{.images = EncoderMode::kEndToEnd, .start = EncoderStart::kPretrained, .share_encoder = true}
           .validate()));
}

TEST(ObservationEncoder, RefusesWhatItCannotOrMayNotSee) {
  expect_throws<ConfigError>([] { ObservationEncoder(picture_and_state(), Normalizer(), encoders(), true); },
                             "'truth' is privileged");
  expect_throws<ConfigError>([] { ObservationEncoder(visible(), Normalizer(), nullptr, false); },
                             "no encoder for the image 'wrist'");
  auto larger = visible();
  larger.entries[0].shape = {32, 32, 3};
  expect_throws<ConfigError>([&] { ObservationEncoder(larger, Normalizer(), encoders(), false); }, "another size");
  ObservationEncoder encoder(visible(), Normalizer(), encoders(), false);
  expect_throws<ShapeError>(
      [&] {
        encoder.forward({{"wrist", at::ones({2, 7})}, {"state", at::ones({2, 3})}});
      },
      "wrist: want float [B, 8], got float [2, 7]");
  expect_throws<ShapeError>(
      [&] {
        encoder.forward({{"wrist", at::ones({2, 8})}, {"state", at::ones({2, 4})}});
      },
      "state: want float [B, 3], got float [2, 4]");
}

}  // namespace
}  // namespace onramp
