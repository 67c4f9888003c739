#include "onramp/policies/torchscript_export.h"

#include <gmock/gmock.h>
#include <torch/csrc/jit/serialization/import.h>

#include <ostream>
#include <sstream>

#include "models/model_testing.h"
#include "onramp/base/error.h"
#include "onramp/models/mixture_actor.h"
#include "onramp/policies/actor_policy.h"
#include "onramp/policies/random_policy.h"
#include "onramp/policies/recurrent_policy.h"
#include "onramp/policies/torchscript_policy.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

struct Variant {
  ActorType type;
  EncoderMode images;
  EncoderConfig encoder;
  MlpConfig mlp;
  std::string name;
};

void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

const std::vector<Variant>& variants() {
  const EncoderConfig conv{.feature_dim = 8, .channels = {4, 4}};
  const EncoderConfig resnet{
      .type = EncoderType::kResNet, .feature_dim = 8, .channels = {4, 8}, .pooling = Pooling::kSpatialSoftmax};
  const MlpConfig small{.hidden = {16, 16}, .activation = Activation::kTanh};
  const MlpConfig normed{.hidden = {16}, .activation = Activation::kSilu, .layer_norm = true};
  static const std::vector<Variant> all{
      {ActorType::kDeterministic, EncoderMode::kNone, conv, small, "DeterministicOfState"},
      {ActorType::kDeterministic, EncoderMode::kEndToEnd, resnet, normed, "DeterministicEndToEndResNet"},
      {ActorType::kSquashedGaussian, EncoderMode::kNone, conv, normed, "GaussianOfState"},
      {ActorType::kSquashedGaussian, EncoderMode::kFrozen, conv, small, "GaussianFrozenConv"},
      {ActorType::kSquashedGaussian, EncoderMode::kFrozen, resnet, small, "GaussianFrozenResNet"},
      {ActorType::kSquashedGaussian, EncoderMode::kEndToEnd, conv, small, "GaussianEndToEndConv"},
      {ActorType::kMixture, EncoderMode::kNone, conv, small, "MixtureOfState"},
      {ActorType::kMixture, EncoderMode::kEndToEnd, conv, normed, "MixtureEndToEndConv"}};
  return all;
}

std::unique_ptr<ActorPolicy> make_policy(const Variant& variant) {
  auto generator = generator_of(1);
  const auto spec = select_observations(picture_and_state(), {}, variant.images);
  const bool pictures_seen = variant.images != EncoderMode::kNone;
  auto images = pictures_seen ? std::make_shared<ImageEncoders>(spec, variant.encoder, generator) : nullptr;
  // Features of a frozen encoder are standardised too; those of one that is trained are not.
  std::map<std::string, at::Tensor> fitted{{"state", 3.0 * normals({9, 3}, 5) + 1.0}};
  if (variant.images == EncoderMode::kFrozen) fitted["wrist"] = 0.2 * normals({9, 8}, 6);
  auto encoder = std::make_shared<ObservationEncoder>(spec, fit_normalizer(fitted), images,
                                                      variant.images == EncoderMode::kEndToEnd);
  const ActorConfig config{.mlp = variant.mlp, .log_std_min = -3.0};
  const ActionSpec action{2, {"x", "y"}};
  if (variant.type == ActorType::kMixture) {
    const MixtureConfig mixture{.components = 3, .min_std = 0.05};
    return std::make_unique<ActorPolicy>(std::make_shared<MixtureActor>(encoder, 2, config, mixture, generator),
                                         action);
  }
  return std::make_unique<ActorPolicy>(make_actor(variant.type, encoder, 2, config, generator), action);
}

torch::jit::Module load(const std::string& bytes) {
  std::istringstream in(bytes);
  return torch::jit::load(in);
}

c10::Dict<std::string, at::Tensor> dict_of(const Observation& obs, const ObservationSpec& spec) {
  c10::Dict<std::string, at::Tensor> dict;
  for (const auto& entry : spec.entries) dict.insert(entry.name, obs.at(entry.name));
  return dict;
}

void expect_within(const at::Tensor& got, const at::Tensor& want, double tolerance) {
  ASSERT_EQ(got.sizes(), want.sizes());
  EXPECT_LE((got - want).abs().max().item<double>(), tolerance) << got << "\n" << want;
}

class EachActor : public ::testing::TestWithParam<Variant> {
 protected:
  std::unique_ptr<ActorPolicy> policy_ = make_policy(GetParam());
  std::string bytes_ = export_torchscript(*policy_, {{"phase", "online"}});
  torch::jit::Module script_ = load(bytes_);
  Observation obs_{{"wrist", pictures(33, 1)}, {"state", 9.0 * normals({33, 3}, 2)}};
  c10::Dict<std::string, at::Tensor> dict_ = dict_of(obs_, policy_->observation_spec());
  bool stochastic_ = GetParam().type != ActorType::kDeterministic;
  int64_t noise_dim_ = stochastic_ ? policy_->actor().noise_dim() : 0;
};
INSTANTIATE_TEST_SUITE_P(Kinds, EachActor, ::testing::ValuesIn(variants()), [](const auto& p) { return p.param.name; });

TEST_P(EachActor, ActsAsThePolicyForTheSameNoise) {
  const auto state = script_.run_method("initial_state", int64_t{33});
  EXPECT_EQ(state.toTensor().sizes(), (std::vector<int64_t>{33, 0}));
  const auto noise = normals({33, noise_dim_}, 3);
  const auto result = script_.run_method("act", dict_, state, noise).toTuple()->elements();
  expect_within(result[0].toTensor(), policy_->action_at(obs_, stochastic_ ? noise : at::Tensor()),
                kTorchScriptTolerance);
  expect_equal(result[1].toTensor(), state.toTensor());
  expect_within(script_.run_method("forward", dict_).toTensor(), policy_->action_at(obs_), kTorchScriptTolerance);
}

TEST_P(EachActor, NoiseOfZerosGivesTheMode) {
  const auto state = script_.run_method("initial_state", int64_t{33});
  const auto result = script_.run_method("act", dict_, state, at::zeros({33, noise_dim_})).toTuple()->elements();
  expect_within(result[0].toTensor(), script_.run_method("forward", dict_).toTensor(), 1e-6);
}

TEST_P(EachActor, OffersTheDensityThatThePolicyHasAndNoOther) {
  EXPECT_EQ(script_.find_method("log_prob_entropy").has_value(), stochastic_);
  if (!stochastic_) return;
  const auto action = 1.2 * uniforms({33, 2}, 4);  // some beyond the box: clipped
  const auto state = script_.run_method("initial_state", int64_t{33});
  const auto result = script_.run_method("log_prob_entropy", dict_, action, state).toTuple()->elements();
  const auto want = policy_->evaluate(obs_, action);
  const auto scale = want.log_prob.abs().clamp_min(1.0);  // tens to thousands in the tails
  expect_within(result[0].toTensor() / scale, want.log_prob / scale, 1e-4);
  expect_within(result[1].toTensor(), want.entropy, kTorchScriptTolerance);
}

// What onramp-export writes is what `policy: {torchscript: path}` takes.
TEST_P(EachActor, ActsAndRatesTheSameAsAPolicyFromAFile) {
  TorchScriptPolicy loaded(bytes_, "policy.pt");
  EXPECT_EQ(loaded.can_evaluate(), stochastic_);
  EXPECT_FALSE(loaded.has_memory());
  EXPECT_EQ(loaded.action_spec(), policy_->action_spec());
  if (stochastic_) {
    EXPECT_EQ(loaded.usual_mode(), policy_->usual_mode());
  }
  for (const auto mode : {ActMode::kMode, ActMode::kSample}) {
    auto random = RandomStream(5, "act").at(1), same = RandomStream(5, "act").at(1);
    const auto want = policy_->act(obs_, *policy_->begin(33), mode, random).action;
    expect_within(loaded.act(obs_, *loaded.begin(33), mode, same).action, want, kTorchScriptTolerance);
    if (!stochastic_) continue;
    const auto expected = policy_->evaluate(obs_, want), rated = loaded.evaluate(obs_, want);
    const auto scale = expected.log_prob.abs().clamp_min(1.0);  // tens in the tails
    expect_within(rated.log_prob / scale, expected.log_prob / scale, 1e-4);
    expect_within(rated.entropy, expected.entropy, kTorchScriptTolerance);
  }
}

TEST_P(EachActor, SaysWhatItIs) {
  const auto spec = nlohmann::json::parse(script_.run_method("spec").toStringRef());
  EXPECT_EQ(spec.at("action").at("dim"), 2);
  EXPECT_EQ(spec.at("observation").size(), policy_->observation_spec().entries.size());
  EXPECT_EQ(spec.at("noise").at("dim"), noise_dim_);
  const bool mixture = GetParam().type == ActorType::kMixture;
  EXPECT_EQ(spec.at("density"), !stochastic_ ? "none" : mixture ? "mixture" : "pre_tanh");
  EXPECT_EQ(spec.contains("density_clip"), stochastic_ && !mixture);
  EXPECT_EQ(spec.at("hash"), policy_->content_hash());
  EXPECT_EQ(spec.at("about").at("phase"), "online");
}

TEST_P(EachActor, CarriesAnExampleThatALoaderCanCheck) {
  EXPECT_LE(torchscript_difference(bytes_), kTorchScriptTolerance);
  // The check would find a weight that is off.
  auto script = load(bytes_);
  {
    const at::NoGradGuard no_gradient;
    script.attr("mlp").toModule().attr("bias_out").toTensor().add_(0.01);
  }
  std::ostringstream changed;
  script.save(changed);
  EXPECT_GT(torchscript_difference(changed.str()), 1e-3);
}

TEST_P(EachActor, RefusesAnObservationOfAnotherShape) {
  dict_.insert_or_assign("state", at::zeros({33, 4}));
  EXPECT_THAT([&] { script_.run_method("forward", dict_); },
              ::testing::ThrowsMessage<std::exception>(::testing::HasSubstr("state: want float [B, 3]")));
}

// ---- with a memory ----

struct WithMemory {
  EncoderMode images;
  RecurrentConfig recurrent;
  MixtureConfig mixture;
  std::string name;
};

void PrintTo(const WithMemory& variant, std::ostream* out) { *out << variant.name; }

const std::vector<WithMemory>& recurrent_variants() {
  const MixtureConfig mixture{.components = 3, .min_std = 0.05};
  const MlpConfig head{.hidden = {7}, .activation = Activation::kTanh, .layer_norm = true};
  static const std::vector<WithMemory> all{
      {EncoderMode::kNone, {.units = 8, .horizon = 4}, mixture, "OfState"},
      {EncoderMode::kNone, {.units = 8, .layers = 1, .horizon = 0, .head = head}, mixture, "NeverForgetsWithAHead"},
      {EncoderMode::kEndToEnd, {.units = 8, .layers = 3, .horizon = 4}, mixture, "EndToEndConv"},
      {EncoderMode::kFrozen, {.units = 8, .horizon = 4}, {.components = 3, .low_noise = true}, "FrozenConvLowNoise"}};
  return all;
}

class EachRecurrentActor : public ::testing::TestWithParam<WithMemory> {
 protected:
  static std::unique_ptr<RecurrentPolicy> make() {
    auto generator = generator_of(1);
    const auto& variant = GetParam();
    const auto spec = select_observations(picture_and_state(), {}, variant.images);
    const EncoderConfig conv{.feature_dim = 8, .channels = {4, 4}};
    auto images =
        variant.images == EncoderMode::kNone ? nullptr : std::make_shared<ImageEncoders>(spec, conv, generator);
    auto encoder =
        std::make_shared<ObservationEncoder>(spec, fit_normalizer({{"state", 3.0 * normals({9, 3}, 5) + 1.0}}), images,
                                             variant.images == EncoderMode::kEndToEnd);
    return std::make_unique<RecurrentPolicy>(
        std::make_shared<RecurrentMixtureActor>(encoder, 2, variant.recurrent, variant.mixture, generator),
        ActionSpec{2, {"x", "y"}});
  }
  Observation seen(uint64_t t) const { return {{"wrist", pictures(5, t)}, {"state", 3.0 * normals({5, 3}, 100 + t)}}; }

  std::unique_ptr<RecurrentPolicy> policy_ = make();
  std::string bytes_ = export_torchscript(*policy_, {{"phase", "cloning"}});
  torch::jit::Module script_ = load(bytes_);
};
INSTANTIATE_TEST_SUITE_P(Kinds, EachRecurrentActor, ::testing::ValuesIn(recurrent_variants()),
                         [](const auto& p) { return p.param.name; });

// Over ten steps: more than two horizons.
TEST_P(EachRecurrentActor, ActsAndRatesAsThePolicyAlongAnEpisode) {
  const auto own = policy_->begin(5), rating = policy_->begin(5);
  auto state = script_.run_method("initial_state", int64_t{5}).toTensor();
  EXPECT_EQ(state.sizes(), (std::vector<int64_t>{5, 2 * GetParam().recurrent.layers * 8 + 1}));
  for (uint64_t t = 0; t < 10; ++t) {
    SCOPED_TRACE(t);
    const auto obs = seen(t);
    const auto dict = dict_of(obs, policy_->observation_spec());
    const auto noise = normals({5, 3}, 200 + t);
    const auto want = policy_->action_at(obs, *own, noise);
    const auto acted = script_.run_method("act", dict, state, noise).toTuple()->elements();
    expect_within(acted[0].toTensor(), want, kTorchScriptTolerance);
    auto random = RandomStream(5, "act").at(t);
    const auto rated = policy_->act_rated(obs, *rating, ActMode::kMode, random);
    const auto density = script_.run_method("log_prob_entropy", dict, rated.action, state).toTuple()->elements();
    expect_within(density[0].toTensor(), rated.density.log_prob, 1e-4);
    expect_within(density[1].toTensor(), rated.density.entropy, 1e-4);
    expect_equal(density[2].toTensor(), acted[1].toTensor());
    if (t == 0) expect_within(script_.run_method("forward", dict).toTensor(), rated.action, kTorchScriptTolerance);
    state = acted[1].toTensor();
  }
}

TEST_P(EachRecurrentActor, IsTakenAsAPolicyFromAFileThatRemembers) {
  TorchScriptPolicy loaded(bytes_, "policy.pt");
  EXPECT_TRUE(loaded.has_memory());
  EXPECT_TRUE(loaded.can_evaluate());
  EXPECT_EQ(loaded.usual_mode(), policy_->usual_mode());
  const auto own = policy_->begin(5), other = loaded.begin(5);
  for (uint64_t t = 0; t < 10; ++t) {
    if (t == 3) own->reset(2), other->reset(2);
    auto random = RandomStream(5, "act").at(t), same = RandomStream(5, "act").at(t);
    const auto want = policy_->act(seen(t), *own, ActMode::kSample, random);
    const auto got = loaded.act(seen(t), *other, ActMode::kSample, same);
    expect_within(got.action, want.action, kTorchScriptTolerance);
    ASSERT_EQ(got.info.size(), want.info.size());
    for (size_t i = 0; i < got.info.size(); ++i) {
      EXPECT_EQ(got.info[i].name, want.info[i].name);
      if (!GetParam().mixture.low_noise) expect_within(got.info[i].value, want.info[i].value, 1e-3);
    }
  }
}

// The example is of more than one step: a weight by which it remembers would be found off too.
TEST_P(EachRecurrentActor, CarriesAnExampleThatALoaderCanCheck) {
  const auto spec = nlohmann::json::parse(script_.run_method("spec").toStringRef());
  EXPECT_EQ(spec.at("state").at("dim"), 2 * GetParam().recurrent.layers * 8 + 1);
  EXPECT_EQ(spec.at("example").at("steps"), GetParam().recurrent.horizon + 2);
  EXPECT_EQ(spec.at("density"), "mixture");
  EXPECT_EQ(spec.at("noise").at("dim"), 3);
  EXPECT_EQ(spec.at("hash"), policy_->content_hash());
  EXPECT_LE(torchscript_difference(bytes_), kTorchScriptTolerance);
  auto script = load(bytes_);
  {
    const at::NoGradGuard no_gradient;
    script.attr("lstm").toModule().attr("weight_hh_l0").toTensor().add_(0.3);
  }
  std::ostringstream changed;
  script.save(changed);
  EXPECT_GT(torchscript_difference(changed.str()), 10 * kTorchScriptTolerance);
}

TEST(TorchScriptExport, RefusesAPolicyWithoutANetwork) {
  expect_throws<Error>([] { export_torchscript(RandomPolicy(ActionSpec{.dim = 2})); }, "only trained actors");
}

TEST(TorchScriptExport, AMixtureOfLowNoiseKeepsIt) {
  auto generator = generator_of(1);
  auto encoder = std::make_shared<ObservationEncoder>(state_only(3), Normalizer(), nullptr, false);
  const MixtureConfig mixture{.low_noise = true};
  ActorPolicy policy(std::make_shared<MixtureActor>(encoder, 2, ActorConfig{}, mixture, generator),
                     ActionSpec{.dim = 2});
  const auto bytes = export_torchscript(policy);
  EXPECT_LE(torchscript_difference(bytes), kTorchScriptTolerance);
  auto script = load(bytes);
  const Observation obs{{"state", normals({4, 3}, 1)}};
  const auto dict = dict_of(obs, policy.observation_spec());
  const auto action = policy.action_at(obs), state = script.run_method("initial_state", int64_t{4}).toTensor();
  const auto result = script.run_method("log_prob_entropy", dict, action, state).toTuple()->elements();
  expect_within(result[1].toTensor(), policy.evaluate(obs, action).entropy, 1e-4);
  EXPECT_LT(result[1].toTensor().max().item<double>(), -13);  // 2 (1.4189 + log 1e-4) = -15.58, and at most log 5
}

TEST(TorchScriptExport, TakesNamesWithQuotesInThem) {
  auto generator = generator_of(1);
  const ObservationSpec spec{.entries = {{.name = "arm\"s\nstate", .shape = {3}}}};
  auto encoder = std::make_shared<ObservationEncoder>(spec, Normalizer(), nullptr, false);
  const ActorPolicy policy(make_actor(ActorType::kDeterministic, encoder, 2, {}, generator), ActionSpec{.dim = 2});
  EXPECT_LE(torchscript_difference(export_torchscript(policy)), kTorchScriptTolerance);
}

}  // namespace
}  // namespace onramp
