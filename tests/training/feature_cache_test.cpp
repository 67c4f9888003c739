#include "onramp/training/feature_cache.h"

#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "onramp/core/generator.h"
#include "onramp/models/image_encoders.h"
#include "support/episodes.h"

namespace onramp {
namespace {

using test::make_episode;

/// A small convolutional encoder: sums whose order depends on the number of pictures would show in the last bits.
std::shared_ptr<ImageEncoders> make_encoder(const ObservationSpec& spec) {
  TorchStream stream(1, "encoder");
  return std::make_shared<ImageEncoders>(
      spec, read_config<EncoderConfig>(parse_config_text("{channels: [8], feature_dim: 16}", "test")), stream.next());
}

struct Fixture : ::testing::Test {
  Fixture()
      : dataset(make_episode(1, EndReason::kSuccess).observation_spec,
                make_episode(1, EndReason::kSuccess).action_spec) {
    encoder = make_encoder(dataset.observation_spec());
  }
  FeatureCache cache() {
    return FeatureCache(
        [this](const std::string& entry, const at::Tensor& frames) {
          encoded += frames.size(0);
          const at::NoGradGuard no_grad;
          return encoder->encode(entry, frames);
        },
        {"wrist"}, "hash", at::kCPU);
  }
  void add(int64_t T, int64_t number) { dataset.add(make_episode(T, EndReason::kTimeLimit, number)); }
  at::Tensor features_of(const FeatureCache& cache, const std::vector<int64_t>& rows) const {
    Batch batch;
    batch.obs = dataset.observations(rows, {}, ImageForm::kFrameIds);
    batch.action = dataset.actions(rows);
    cache.resolve(batch);
    return batch.obs.at("wrist");
  }
  std::vector<int64_t> all_rows() const {
    std::vector<int64_t> rows;
    for (int64_t row = 0; row < dataset.rows(); ++row) rows.push_back(row);
    return rows;
  }

  Dataset dataset;
  std::shared_ptr<ImageEncoders> encoder;
  int64_t encoded = 0;
};
using FeatureCacheTest = Fixture;

TEST_F(FeatureCacheTest, HoldsWhatTheEncoderSaysOfEachFrame) {
  add(4, 0);
  add(7, 1);
  auto filled = cache();
  filled.extend(dataset);
  EXPECT_EQ(filled.encoder_hash(), "hash");
  const std::vector<int64_t> rows{9, 0, 3, 9, 12};  // in any order, more than once, last observations too
  const at::NoGradGuard no_grad;
  const auto direct = encoder->encode("wrist", dataset.observations(rows).at("wrist"));
  EXPECT_TRUE(at::allclose(features_of(filled, rows), direct, 1e-5, 1e-6));
  EXPECT_EQ(filled.resident_bytes() % (16 * 4), 0);
  EXPECT_GE(filled.resident_bytes(), dataset.rows() * 16 * 4);
}

TEST_F(FeatureCacheTest, ResolvesFramesOfSequences) {
  add(4, 0);
  add(7, 1);
  auto filled = cache();
  filled.extend(dataset);
  const std::vector<int64_t> rows{9, 0, 3, 9, 12, 5};
  Batch batch;
  batch.obs.set("wrist", dataset.observations(rows, {}, ImageForm::kFrameIds).at("wrist").view({2, 3}));
  filled.resolve(batch);
  EXPECT_TRUE(at::equal(batch.obs.at("wrist"), features_of(filled, rows).view({2, 3, 16})));
}

TEST_F(FeatureCacheTest, GivesTheSameBitsWheneverItWasFilled) {
  auto growing = cache();
  for (int64_t number = 0; number < 9; ++number) {
    add(3 + 5 * (number % 3), number);
    growing.extend(dataset);
  }
  auto at_once = cache();
  at_once.extend(dataset);
  EXPECT_TRUE(at::equal(features_of(growing, all_rows()), features_of(at_once, all_rows())));
}

TEST_F(FeatureCacheTest, EncodesEachFrameOnce) {
  auto filled = cache();
  add(4, 0);
  filled.extend(dataset);
  filled.extend(dataset);
  add(2, 1);
  filled.extend(dataset);
  EXPECT_EQ(encoded, 5 + 3);
}

TEST_F(FeatureCacheTest, ReplacesFrameIdsEverywhereAndLeavesTheRest) {
  add(4, 0);
  auto filled = cache();
  filled.extend(dataset);
  Batch batch;
  batch.obs = dataset.observations(std::vector<int64_t>{0, 1}, {}, ImageForm::kFrameIds);
  batch.next_obs = dataset.observations(std::vector<int64_t>{1, 2}, {}, ImageForm::kFrameIds);
  batch.goal = dataset.observations(std::vector<int64_t>{4, 4}, {}, ImageForm::kFrameIds);
  const auto state = batch.obs.at("state").clone();
  filled.resolve(batch);
  for (const auto* observation : {&batch.obs, &batch.next_obs, &batch.goal}) {
    EXPECT_EQ(observation->at("wrist").scalar_type(), at::kFloat);
    EXPECT_EQ(observation->at("wrist").sizes(), (at::IntArrayRef{2, 16}));
  }
  EXPECT_TRUE(at::equal(batch.obs.at("wrist")[1], batch.next_obs.at("wrist")[0]));  // one frame, one feature
  EXPECT_TRUE(at::equal(batch.obs.at("state"), state));
}

TEST_F(FeatureCacheTest, RefusesAFrameThatItNeverSaw) {
  add(4, 0);
  auto filled = cache();
  EXPECT_THROW(features_of(filled, {0}), std::logic_error);  // nothing at all yet
  filled.extend(dataset);
  add(4, 1);
  filled.extend(dataset);
  add(1, 2);  // memory is taken in larger steps: the frame must be refused even where there is room for it
  EXPECT_THROW(features_of(filled, {dataset.rows() - 1}), std::logic_error);
  filled.extend(dataset);
  EXPECT_NO_THROW(features_of(filled, {dataset.rows() - 1}));
}

}  // namespace
}  // namespace onramp
