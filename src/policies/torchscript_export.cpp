#include "onramp/policies/torchscript_export.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import.h>

#include <sstream>
#include <string_view>

#include "onramp/base/error.h"
#include "onramp/core/generator.h"
#include "onramp/nn/torchscript.h"
#include "onramp/policies/actor_policy.h"
#include "onramp/policies/gated_policy.h"
#include "onramp/policies/recurrent_policy.h"
#include "onramp/policies/spec_json.h"
#include "onramp/policies/torchscript_policy.h"
#include "torchscript_code.h"

namespace onramp {
namespace {

constexpr int64_t kExampleRows = 4;

using TensorDict = c10::Dict<std::string, at::Tensor>;

TensorDict to_dict(const Observation& obs) {
  TensorDict dict;
  for (const auto& [name, value] : obs) dict.insert(name, value);
  return dict;
}

/// A literal of TorchScript, whose escapes are those of JSON.
std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

/// One statement a line: e<i> is the i-th entry as the network sees it.
std::string encode_entry(torch::jit::Module& script, const ObservationEncoder& encoder, size_t i) {
  const auto& entry = encoder.observation().entries[i];
  const auto x = fmt::format("e{}", i);
  auto code = fmt::format("    {} = obs[{}]\n", x, quoted(entry.name));
  if (entry.is_image()) {
    const auto& images = *encoder.images();
    const auto name = fmt::format("image_{}", i);
    script.register_module(name, script_image_encoder(images.encoder(entry.name), images.config(), entry.shape[0],
                                                      entry.shape[1], entry.shape[2]));
    code += fmt::format("    {0} = self.{1}.forward({0})\n", x, name);
  } else {
    code += fmt::format("    assert {0}.dim() == 2 and {0}.size(1) == {1}, {2}\n", x, entry.numel(),
                        quoted(concat(entry.name, ": want float [B, ", entry.numel(), "]")));
    code += fmt::format("    {0} = {0}.to(self.mlp.weight_out)\n", x);
  }
  // A trainable encoder's features are not normalised.
  if (encoder.normalizer().has(entry.name) && !(entry.is_image() && encoder.trainable())) {
    const auto& statistics = encoder.normalizer().entries().at(entry.name);
    script.register_buffer(fmt::format("mean_{}", i), statistics.mean.cpu());
    script.register_buffer(fmt::format("inverse_std_{}", i), statistics.std.cpu().reciprocal());
    code += fmt::format("    {0} = torch.clamp(({0} - self.mean_{1}) * self.inverse_std_{1}, -{2}, {2})\n", x, i,
                        Normalizer::kClip);
  }
  return code;
}

/// encode(obs) -> what the network reads, float [B, O].
void define_encode(torch::jit::Module& script, const ObservationEncoder& encoder) {
  std::string code = "def encode(self, obs: Dict[str, Tensor]) -> Tensor:\n", parts;
  for (size_t i = 0; i < encoder.observation().entries.size(); ++i) {
    code += encode_entry(script, encoder, i);
    parts += fmt::format("{}e{}", i == 0 ? "" : ", ", i);
  }
  script.define(code + "    return torch.cat([" + parts + "], 1)\n");
}

constexpr const char* kCommon = R"(
def spec(self) -> str:
    return self.spec_json
def example(self) -> Tuple[Dict[str, Tensor], Tensor, Tensor]:
    return (self.example_obs, self.example_noise, self.example_action)
)";

constexpr const char* kWithoutMemory = R"(
def initial_state(self, B: int) -> Tensor:
    return torch.zeros([B, 0])
)";

/// What log_prob_entropy() means, see the header.
const char* density_of(const Actor& actor) {
  if (!actor.stochastic()) return "none";
  return actor.type() == ActorType::kMixture ? "mixture" : "pre_tanh";
}

/// What is said of a policy, beside its networks.
struct Facts {
  const ObservationEncoder& encoder;
  const char* density;
  int64_t noise_dim = 0;
  int64_t state_values = 0;
  int64_t example_steps = 1;  ///< so that what it remembers counts in the example
};

Facts facts_of(const Actor& actor) {
  return {.encoder = actor.encoder(),
          .density = density_of(actor),
          .noise_dim = actor.stochastic() ? actor.noise_dim() : 0};
}

Facts facts_of(const RecurrentMixtureActor& actor) {
  return {.encoder = actor.encoder(),
          .density = "mixture",
          .noise_dim = actor.noise_dim(),
          .state_values = detail::state_values(actor),
          .example_steps = actor.config().horizon + 2};
}

nlohmann::json describe(const Policy& policy, const Facts& facts, const nlohmann::json& about) {
  nlohmann::json spec = {{"format", "onramp policy"},
                         {"version", 1},
                         {"observation", to_json_value(policy.observation_spec())},
                         {"action", to_json_value(policy.action_spec())},
                         {"noise", {{"dim", facts.noise_dim}, {"distribution", "normal"}}},
                         {"state", {{"dim", facts.state_values}}},
                         {"density", facts.density},
                         {"example", {{"steps", facts.example_steps}}},
                         {"hash", policy.content_hash()},
                         {"about", about}};
  if (facts.density == std::string_view("pre_tanh")) spec["density_clip"] = kAtanhClip;
  return spec;
}

/// A few random observations, the same each time.
Observation example_observation(const ObservationEncoder& encoder, at::Generator& generator) {
  Observation obs;
  for (const auto& entry : encoder.observation().entries) {
    std::vector<int64_t> sizes{kExampleRows};
    if (entry.is_image()) {
      sizes.insert(sizes.end(), entry.shape.begin(), entry.shape.end());
      obs.set(entry.name, at::randint(256, sizes, generator, at::TensorOptions(at::kByte)));
      continue;
    }
    sizes.push_back(entry.numel());
    auto value = at::randn(sizes, generator, at::TensorOptions());
    const auto& fitted = encoder.normalizer().entries();
    if (const auto found = fitted.find(entry.name); found != fitted.end()) {
      value = value * found->second.std.cpu() + found->second.mean.cpu();
    }
    obs.set(entry.name, value);
  }
  return obs;
}

/// What the policy itself does there, in the last of so many steps that all show the same.
at::Tensor example_action(const ActorPolicy& policy, const Observation& obs, const at::Tensor& noise, int64_t) {
  return policy.action_at(obs, policy.actor().stochastic() ? noise : at::Tensor());
}
at::Tensor example_action(RecurrentPolicy policy, const Observation& obs, const at::Tensor& noise, int64_t steps) {
  const auto state = policy.begin(kExampleRows);
  for (int64_t t = 1; t < steps; ++t) policy.action_at(obs, *state, noise);
  return policy.action_at(obs, *state, noise);
}

template <class Trained>
void describe_and_try(torch::jit::Module& script, const Trained& policy, const nlohmann::json& about) {
  const auto facts = facts_of(policy.actor());
  script.register_attribute("spec_json", c10::StringType::get(), describe(policy, facts, about).dump());
  define_encode(script, facts.encoder);
  auto random = RandomStream(0, "torchscript_example").at(0);
  auto generator = make_generator(random);
  const auto obs = example_observation(facts.encoder, generator);
  const auto noise = at::randn({kExampleRows, facts.noise_dim}, generator, at::TensorOptions());
  script.register_attribute("example_obs", c10::DictType::create(c10::StringType::get(), c10::TensorType::get()),
                            to_dict(obs));
  script.register_buffer("example_noise", noise);
  script.register_buffer("example_action", example_action(policy, obs, noise, facts.example_steps));
  script.define(kCommon);
}

}  // namespace

std::string export_torchscript(const Policy& policy, const nlohmann::json& about) {
  if (dynamic_cast<const GatedPolicy*>(&policy)) {
    throw Error(
        "a gated policy cannot be exported: it is two policies and the critics that choose between them; export the "
        "cloned one, which the phase that cloned it left behind");
  }
  if (const auto* script = dynamic_cast<const TorchScriptPolicy*>(&policy)) return script->file();
  const at::NoGradGuard no_gradient;
  auto script = make_script("Policy");
  if (const auto* trained = dynamic_cast<const ActorPolicy*>(&policy)) {
    const Actor& actor = trained->actor();
    script.register_module("mlp", script_mlp(actor.mlp(), actor.config().mlp));
    describe_and_try(script, *trained, about);
    script.define(detail::actor_code(actor));
    script.define(kWithoutMemory);
  } else if (const auto* recurrent = dynamic_cast<const RecurrentPolicy*>(&policy)) {
    const RecurrentMixtureActor& actor = recurrent->actor();
    script.register_module("lstm", script_lstm(actor.lstm()));
    script.register_module("mlp", script_mlp(actor.head(), actor.config().head));
    describe_and_try(script, *recurrent, about);
    script.define(detail::recurrent_code(actor));
  } else {
    throw Error("this kind of policy cannot be exported: only trained actors can");
  }
  std::ostringstream bytes;
  script.save(bytes);
  return bytes.str();
}

double torchscript_difference(const std::string& bytes) {
  const at::NoGradGuard no_gradient;
  std::istringstream in(bytes);
  auto script = torch::jit::load(in);
  if (!script.find_method("example")) return 0.0;  // one that was learned elsewhere, as it came
  const auto example = script.run_method("example").toTuple()->elements();  // obs, noise, action
  const auto spec = nlohmann::json::parse(script.run_method("spec").toStringRef());
  const auto steps = spec.value(nlohmann::json::json_pointer("/example/steps"), int64_t{1});
  auto state = script.run_method("initial_state", example[1].toTensor().size(0));
  at::Tensor acted;
  for (int64_t t = 0; t < steps; ++t) {
    const auto result = script.run_method("act", example[0], state, example[1]).toTuple()->elements();
    acted = result[0].toTensor();
    state = result[1];
  }
  return (acted - example[2].toTensor()).abs().max().item<double>();
}

}  // namespace onramp
