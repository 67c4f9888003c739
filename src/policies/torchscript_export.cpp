#include "onramp/policies/torchscript_export.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import.h>

#include <cmath>
#include <numbers>
#include <sstream>

#include "onramp/base/error.h"
#include "onramp/core/generator.h"
#include "onramp/models/mixture_actor.h"
#include "onramp/nn/torchscript.h"
#include "onramp/policies/actor_policy.h"
#include "onramp/policies/gated_policy.h"
#include "onramp/policies/spec_json.h"
#include "onramp/policies/torchscript_policy.h"

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

constexpr const char* kDeterministic = R"(
def act(self, obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]:
    return (torch.tanh(self.mlp.forward(self.encode(obs))), state)
def forward(self, obs: Dict[str, Tensor]) -> Tensor:
    return torch.tanh(self.mlp.forward(self.encode(obs)))
)";

// {0} and {1}: bounds of log_std; {2}: clip of actions; {3}: log(2 pi) / 2.
constexpr const char* kSquashedGaussian = R"(
def distribution(self, obs: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
    mean, raw = torch.chunk(self.mlp.forward(self.encode(obs)), 2, -1)
    return (mean, {0} + 0.5 * ({1} - {0}) * (torch.tanh(raw) + 1))
def act(self, obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]:
    mean, log_std = self.distribution(obs)
    return (torch.tanh(mean + torch.exp(log_std) * noise.to(mean)), state)
def log_prob_entropy(self, obs: Dict[str, Tensor], action: Tensor, state: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    mean, log_std = self.distribution(obs)
    z = (torch.atanh(torch.clamp(action.to(mean), -{2}, {2})) - mean) * torch.exp(-log_std)
    log_prob = -torch.sum(0.5 * z * z + log_std + {3}, [-1])
    return (log_prob, torch.sum(log_std + 0.5 + {3}, [-1]), state)
def forward(self, obs: Dict[str, Tensor]) -> Tensor:
    return torch.tanh(self.distribution(obs)[0])
)";

// {0} components of {1} dimensions; {2}: log std from softplus(raw) + min_std, or a constant; {3}: log(2 pi) / 2; {4}: sqrt(1/2).
// As nn/mixture.cpp, line by line.
constexpr const char* kMixture = R"(
def distribution(self, obs: Dict[str, Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    out = self.mlp.forward(self.encode(obs))
    log_weight = torch.log_softmax(torch.narrow(out, 1, 0, {0}), -1)
    mean = torch.tanh(torch.reshape(torch.narrow(out, 1, {0}, {0} * {1}), [-1, {0}, {1}]))
    raw = torch.reshape(torch.narrow(out, 1, {0} + {0} * {1}, {0} * {1}), [-1, {0}, {1}])
    return (log_weight, mean, {2})
def pick(self, of: Tensor, index: Tensor) -> Tensor:
    chosen = torch.reshape(index, [-1, 1, 1]).expand([-1, 1, {1}])
    return torch.squeeze(torch.gather(of, 1, chosen), 1)
def act(self, obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]:
    log_weight, mean, log_std = self.distribution(obs)
    z = noise.to(mean)
    weight = torch.exp(log_weight)
    below = torch.cumsum(weight, -1)
    heaviest = torch.gather(below - 0.5 * weight, -1, torch.argmax(log_weight, -1, True))
    turned = 0.5 * torch.erf(torch.narrow(z, 1, {1}, 1) * {4}) + heaviest
    component = torch.clamp_max(torch.sum(turned - torch.floor(turned) > below, [-1]), {0} - 1)
    action = self.pick(mean, component) + torch.exp(self.pick(log_std, component)) * torch.narrow(z, 1, 0, {1})
    return (torch.clamp(action, -1, 1), state)
def log_prob_entropy(self, obs: Dict[str, Tensor], action: Tensor, state: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    log_weight, mean, log_std = self.distribution(obs)
    z = (torch.unsqueeze(action.to(mean), 1) - mean) * torch.exp(-log_std)
    log_prob = torch.logsumexp(log_weight - torch.sum(0.5 * z * z + log_std + {3}, [-1]), [-1])
    of_each = torch.sum(log_std + 0.5 + {3}, [-1])
    return (log_prob, torch.sum(torch.exp(log_weight) * (of_each - log_weight), [-1]), state)
def forward(self, obs: Dict[str, Tensor]) -> Tensor:
    log_weight, mean, log_std = self.distribution(obs)
    return self.pick(mean, torch.argmax(log_weight, -1))
)";

constexpr const char* kCommon = R"(
def spec(self) -> str:
    return self.spec_json
def initial_state(self, B: int) -> Tensor:
    return torch.zeros([B, 0])
def example(self) -> Tuple[Dict[str, Tensor], Tensor, Tensor]:
    return (self.example_obs, self.example_noise, self.example_action)
)";

std::string actor_code(const Actor& actor) {
  const double half_log_two_pi = 0.5 * std::log(2.0 * std::numbers::pi);
  switch (actor.type()) {
    case ActorType::kDeterministic:
      return kDeterministic;
    case ActorType::kSquashedGaussian:
      return fmt::format(fmt::runtime(kSquashedGaussian), actor.config().log_std_min, actor.config().log_std_max,
                         kAtanhClip, half_log_two_pi);
    case ActorType::kMixture: {
      const auto& mixture = dynamic_cast<const MixtureActor&>(actor).mixture();
      const auto log_std = mixture.low_noise
                               ? fmt::format("torch.full_like(raw, {})", std::log(MixtureActor::kLowNoiseStd))
                               : fmt::format("torch.log(torch.softplus(raw) + {})", mixture.min_std);
      return fmt::format(fmt::runtime(kMixture), mixture.components, actor.action_dim(), log_std, half_log_two_pi,
                         std::sqrt(0.5));
    }
  }
  throw Error("an actor of no known type cannot be exported");
}

/// What log_prob_entropy() means, see the header.
const char* density_of(const Actor& actor) {
  if (!actor.stochastic()) return "none";
  return actor.type() == ActorType::kMixture ? "mixture" : "pre_tanh";
}

int64_t noise_dim(const Actor& actor) { return actor.stochastic() ? actor.noise_dim() : 0; }

nlohmann::json describe(const ActorPolicy& policy, const nlohmann::json& about) {
  nlohmann::json spec = {{"format", "onramp policy"},
                         {"version", 1},
                         {"observation", to_json_value(policy.observation_spec())},
                         {"action", to_json_value(policy.action_spec())},
                         {"noise", {{"dim", noise_dim(policy.actor())}, {"distribution", "normal"}}},
                         {"state", {{"dim", 0}}},
                         {"density", density_of(policy.actor())},
                         {"hash", policy.content_hash()},
                         {"about", about}};
  if (policy.actor().type() == ActorType::kSquashedGaussian) spec["density_clip"] = kAtanhClip;
  return spec;
}

/// A few random observations, the same each time, and what the policy itself does there.
void add_example(torch::jit::Module& script, const ActorPolicy& policy) {
  auto random = RandomStream(0, "torchscript_example").at(0);
  auto generator = make_generator(random);
  Observation obs;
  for (const auto& entry : policy.observation_spec().entries) {
    std::vector<int64_t> sizes{kExampleRows};
    if (entry.is_image()) {
      sizes.insert(sizes.end(), entry.shape.begin(), entry.shape.end());
      obs.set(entry.name, at::randint(256, sizes, generator, at::TensorOptions(at::kByte)));
      continue;
    }
    sizes.push_back(entry.numel());
    auto value = at::randn(sizes, generator, at::TensorOptions());
    const auto& fitted = policy.actor().encoder().normalizer().entries();
    if (const auto found = fitted.find(entry.name); found != fitted.end()) {
      value = value * found->second.std.cpu() + found->second.mean.cpu();
    }
    obs.set(entry.name, value);
  }
  const bool stochastic = policy.actor().stochastic();
  const auto noise = at::randn({kExampleRows, noise_dim(policy.actor())}, generator, at::TensorOptions());
  script.register_attribute("example_obs", c10::DictType::create(c10::StringType::get(), c10::TensorType::get()),
                            to_dict(obs));
  script.register_buffer("example_noise", noise);
  script.register_buffer("example_action", policy.action_at(obs, stochastic ? noise : at::Tensor()));
}

}  // namespace

std::string export_torchscript(const Policy& policy, const nlohmann::json& about) {
  if (dynamic_cast<const GatedPolicy*>(&policy)) {
    throw Error(
        "a gated policy cannot be exported: it is two policies and the critics that choose between them; export the "
        "cloned one, which the phase that cloned it left behind");
  }
  if (const auto* script = dynamic_cast<const TorchScriptPolicy*>(&policy)) return script->file();
  const auto* trained = dynamic_cast<const ActorPolicy*>(&policy);
  if (!trained) throw Error("this kind of policy cannot be exported: only trained actors can");
  const at::NoGradGuard no_gradient;
  const Actor& actor = trained->actor();
  auto script = make_script("Policy");
  script.register_module("mlp", script_mlp(actor.mlp(), actor.config().mlp));
  script.register_attribute("spec_json", c10::StringType::get(), describe(*trained, about).dump());
  define_encode(script, actor.encoder());
  script.define(actor_code(actor));
  add_example(script, *trained);
  script.define(kCommon);
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
  const auto state = script.run_method("initial_state", example[1].toTensor().size(0));
  const auto acted = script.run_method("act", example[0], state, example[1]).toTuple()->elements()[0].toTensor();
  return (acted - example[2].toTensor()).abs().max().item<double>();
}

}  // namespace onramp
