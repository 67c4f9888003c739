#include "made_up_data.h"

#include <ATen/Functions.h>
#include <torch/types.h>

#include "onramp/core/generator.h"
#include "onramp/models/content_hash.h"
#include "onramp/models/image_encoders.h"
#include "onramp/models/normalizer.h"

namespace onramp::bench {

ObservationSpec picture_observation() {
  return {.entries = {{.name = "wrist", .dtype = DType::kUint8, .shape = {64, 64, 3}, .low = 0, .high = 255},
                      {.name = "proprio", .shape = {7}}}};
}
ActionSpec picture_action() { return {.dim = 7}; }
ObservationSpec state_observation() { return {.entries = {{.name = "state", .shape = {39}}}}; }
ActionSpec state_action() { return {.dim = 28}; }

Episode make_episode(const ObservationSpec& observation, const ActionSpec& action, int64_t length, uint64_t seed) {
  Episode episode{.observation_spec = observation, .action_spec = action};
  Rng rng = RandomStream(seed, "benchmark").at(0);
  for (const auto& entry : observation.entries) {
    const int64_t count = (length + 1) * entry.numel();
    if (entry.is_image()) {
      auto& bytes = episode.images[entry.name];
      bytes.resize(static_cast<size_t>(count));
      for (auto& byte : bytes) byte = static_cast<uint8_t>(rng());
    } else {
      auto& values = episode.vectors[entry.name];
      for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(rng.normal()));
    }
  }
  for (int64_t i = 0; i < length * action.dim; ++i) episode.action.push_back(static_cast<float>(rng.uniform(-1, 1)));
  episode.executed_action = episode.action;
  for (int64_t t = 0; t < length; ++t) episode.reward.push_back(static_cast<float>(rng.uniform()));
  episode.success.assign(static_cast<size_t>(length), 0);
  return episode;
}

LearnerOnData::LearnerOnData(const Catalog& catalog, const ConfigNode& settings, const ObservationSpec& observation,
                             const ActionSpec& action) {
  replay_.emplace(observation, action);
  for (const char* source : {"offline", "online"}) replay_->add_source(source);
  constexpr int64_t kEpisodes = 20, kLength = 60;
  for (int64_t i = 0; i < kEpisodes; ++i) {
    replay_->add(make_episode(observation, action, kLength, static_cast<uint64_t>(i)), {"offline", "online"});
  }

  Parts given;
  std::map<std::string, at::Tensor> vectors;
  bool pictures = false;
  for (const auto& entry : observation.entries) {
    pictures = pictures || entry.is_image();
    if (entry.is_image()) continue;
    const auto rows = replay_->source("offline").state_rows();
    vectors[entry.name] = replay_->dataset().observations(rows, {entry.name}).at(entry.name);
  }
  given["normalizer"] = save_normalizer(fit_normalizer(vectors));
  std::shared_ptr<ImageEncoders> encoders;
  if (pictures) {
    TorchStream initial(0, "benchmark/encoder");
    encoders = std::make_shared<ImageEncoders>(observation, EncoderConfig{}, initial.next());
    given["encoder"] = save_encoder(*encoders);
  }

  learner_ =
      catalog.learners.parse(settings).make()->make({.observation = observation, .action = action, .given = &given});
  if (auto* agent = dynamic_cast<Agent*>(learner_.get())) agent->begin_stage(Stage::kOffline);
  Sampler sampler(1);
  std::optional<FeatureCache> features;
  for (int i = 0; i < 8; ++i) {
    auto batches = sampler.sample(learner_->sample_plan(), *replay_);
    for (auto& [name, batch] : batches) {
      bool ids = false;
      for (const auto& [entry, value] : batch.obs) ids = ids || value.scalar_type() == at::kLong;
      if (!ids) continue;
      if (!features) {
        features.emplace(
            [encoders](const std::string& entry, const at::Tensor& frames) {
              const at::NoGradGuard no_grad;
              return encoders->encode(entry, frames);
            },
            std::vector<std::string>{"wrist"}, content_hash(given.at("encoder")), at::kCPU);
        features->extend(replay_->dataset());
      }
      features->resolve(batch);
    }
    batches_.push_back(std::move(batches));
  }
}

void LearnerOnData::update() {
  learner_->update(batches_[next_]);
  next_ = (next_ + 1) % batches_.size();
}

Agent& LearnerOnData::agent() { return dynamic_cast<Agent&>(*learner_); }

Observation LearnerOnData::observation() const {
  const std::vector<int64_t> first{0};
  return replay_->dataset().observations(first);
}

}  // namespace onramp::bench
