#include "onramp/policies/torchscript_policy.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "onramp/base/error.h"
#include "onramp/base/hash.h"
#include "onramp/base/log.h"
#include "onramp/core/generator.h"
#include "onramp/core/shapes.h"
#include "onramp/core/tensor_io.h"
#include "onramp/policies/actor_policy.h"
#include "torchscript_interface.h"

namespace onramp {
namespace {

constexpr const char* kHowTo = "; docs/bring_your_own_policy.md says what such a file offers, and how to export one";
constexpr double kBeyondTheBox = 1e-4;  // of rounding, and cut off

/// What the file remembers of B episodes.
struct ScriptState final : PolicyState {
  at::Tensor value;  // float [B, ...]
  at::Tensor fresh;  // float [1, ...]
  void reset(int64_t row) override {
    value = value.clone();
    value.select(0, row).copy_(fresh.select(0, 0));
  }
};

ScriptState& state_of(PolicyState& state) {
  auto* own = dynamic_cast<ScriptState*>(&state);
  ONRAMP_CHECK(own, "a state of another policy");
  return *own;
}

/// The entries that it looks at, on its device.
c10::Dict<std::string, at::Tensor> seen_by_script(const Observation& obs, const ObservationSpec& spec,
                                                  at::Device device) {
  c10::Dict<std::string, at::Tensor> seen;
  for (const auto& entry : spec.entries) seen.insert(entry.name, obs.at(entry.name).to(device));
  return seen;
}

/// Numbers in [-1, 1], and pictures of noise.
Observation trial_observation(const ObservationSpec& spec, int64_t batch, at::Generator& generator) {
  Observation obs;
  for (const auto& entry : spec.entries) {
    std::vector<int64_t> sizes{batch};
    sizes.insert(sizes.end(), entry.shape.begin(), entry.shape.end());
    obs.set(entry.name, entry.is_image() ? at::randint(256, sizes, generator, at::TensorOptions(at::kByte))
                                         : at::rand(sizes, generator, at::TensorOptions()) * 2 - 1);
  }
  return obs;
}

at::Tensor as_column(const at::Tensor& of_rows) { return of_rows.to(at::kFloat).cpu().reshape({-1, 1}); }

}  // namespace

/// The file, loaded. What it does wrong is an Error that begins with its name.
class TorchScriptPolicy::Script {
 public:
  /// @throws ConfigError without its name
  Script(const std::string& file, std::string name, at::Device device)
      : name_(std::move(name)), script_(detail::load_script(file, device)) {
    detail::check_methods(script_);
  }
  bool has(const char* method) const { return script_.find_method(method).has_value(); }

  c10::IValue call(const char* method, std::vector<c10::IValue> arguments) const {
    const at::NoGradGuard no_gradient;
    // As it is written: what the interpreter learns of its first calls would change the bits of later ones, and a run that
    // goes on has fewer calls behind it.
    const torch::jit::GraphOptimizerEnabledGuard as_written(false);
    try {
      return script_.get_method(method)(std::move(arguments));
    } catch (const std::exception& error) {
      refuse(concat("its ", method, "() failed: ", detail::script_error(error)));
    }
  }
  [[noreturn]] void refuse(const std::string& why) const { throw Error(concat(name_, ": ", why)); }

 private:
  std::string name_;
  torch::jit::Module script_;
};

TorchScriptPolicy::TorchScriptPolicy(std::string file, std::string name, at::Device device)
    : file_(std::make_shared<const std::string>(std::move(file))),
      name_(std::move(name)),
      hash_(sha256_hex(*file_)),
      device_(device) {
  try {
    script_ = std::make_shared<const Script>(*file_, name_, device_);
    read_spec();
    try_out();
  } catch (const ConfigError& error) {
    throw ConfigError(concat(name_, ": ", error.what(), kHowTo));
  } catch (const Error& error) {  // which says whose it is
    throw ConfigError(concat(error.what(), kHowTo));
  }
}

void TorchScriptPolicy::read_spec() {
  auto spec = detail::parse_script_spec(script_->call("spec", {}).toStringRef());
  observation_ = std::move(spec.observation);
  action_ = std::move(spec.action);
  noise_dim_ = spec.noise_dim;
  density_ = std::move(spec.density);
  rates_ = density_ != "none" && script_->has("log_prob_entropy");
  if (!rates_ && !density_.empty() && density_ != "none") {
    throw ConfigError(concat("spec() says density '", density_, "', and there is no log_prob_entropy()"));
  }
  const std::vector<std::string> kinds{"gaussian", "pre_tanh", "mixture", "none"};
  if (!density_.empty() && std::find(kinds.begin(), kinds.end(), density_) == kinds.end()) {
    log_warning("spec() says density '", density_, "'", did_you_mean(density_, kinds), " (known: ", join(kinds),
                "); where nobody says how it acts, it draws");
  }
  const bool gaussian = density_ == "pre_tanh" || density_ == "gaussian";
  usual_mode_ = gaussian ? ActMode::kMode : ActMode::kSample;
}

// Whatever it may do wrong it does now, and not after an hour of attempts.
void TorchScriptPolicy::try_out() {
  auto random = RandomStream(0, "torchscript_trial").at(0);
  auto generator = make_generator(random);
  const auto obs = trial_observation(observation_, 3, generator);
  const auto noise = at::randn({3, noise_dim_}, generator, at::TensorOptions());
  state_values_ = initial_state(1).numel();
  const auto state = initial_state(3), before = state.clone();
  at::Tensor after, after_again, after_alone, later;
  const auto action = act_from(obs, state, noise, after);
  const auto again = act_from(obs, state, noise, after_again);
  if (!at::equal(state, before))
    script_->refuse("its act() changes the state that it is given; it must return a new one");
  if (!at::equal(action, again) || !at::equal(after, after_again)) {
    script_->refuse(
        "its act() does something else the second time: what it draws must come from noise, what it remembers from "
        "state");
  }
  const auto alone = act_from(obs.slice(0, 1), initial_state(1), noise.slice(0, 0, 1), after_alone);
  if (!at::allclose(alone, action.slice(0, 0, 1), 1e-3, 1e-3)) {
    script_->refuse("its act() does something else with a row that stands alone: rows must not depend on each other");
  }
  act_from(obs, after, at::zeros_like(noise), later);
  if (!rates_) return;
  for (const auto& density : {rate(obs, action, state), rate(obs.slice(0, 1), alone, initial_state(1))}) {
    if (at::isfinite(density.log_prob).all().item<bool>() && at::isfinite(density.entropy).all().item<bool>()) continue;
    script_->refuse(
        "its log_prob_entropy() gives what is not finite, for an observation in [-1, 1] and its own action");
  }
}

at::Tensor TorchScriptPolicy::initial_state(int64_t batch) const {
  const auto state = script_->call("initial_state", {batch}).toTensor().to(device_);
  if (!state.is_floating_point() || state.dim() < 2 || state.size(0) != batch) {
    script_->refuse(
        concat("its initial_state(", batch, ") is ", onramp::describe(state), ", want float [", batch, ", S]"));
  }
  return state;
}

at::Tensor TorchScriptPolicy::act_from(const Observation& obs, const at::Tensor& state, const at::Tensor& noise,
                                       at::Tensor& after) const {
  const auto result = script_->call("act", {seen_by_script(obs, observation_, device_), state, noise.to(device_)})
                          .toTuple()
                          ->elements();
  auto action = result[0].toTensor();
  const auto batch = obs.batch_size();
  if (!action.is_floating_point() || action.sizes() != at::IntArrayRef({batch, action_.dim})) {
    script_->refuse(concat("its act() gives an action of ", onramp::describe(action), ", want float [", batch, ", ",
                           action_.dim, "]"));
  }
  after = result[1].toTensor();
  if (after.sizes() != state.sizes() || after.scalar_type() != state.scalar_type()) {
    script_->refuse(
        concat("its act() gives a state of ", onramp::describe(after), " after one of ", onramp::describe(state)));
  }
  action = action.to(at::kCPU, at::kFloat);
  if (!at::isfinite(action).all().item<bool>() || !at::isfinite(after).all().item<bool>()) {
    script_->refuse("its act() gives an action or a state that is not finite");
  }
  const auto largest = action.abs().max().item<double>();
  if (largest > 1 + kBeyondTheBox) {
    script_->refuse(
        concat("its act() gives ", largest, ": actions are normalised, in [-1, 1]; scale or clip them in the file"));
  }
  return action.clamp(-1, 1);
}

LogProbEntropy TorchScriptPolicy::rate(const Observation& obs, const at::Tensor& action,
                                       const at::Tensor& state) const {
  const auto result =
      script_->call("log_prob_entropy", {seen_by_script(obs, observation_, device_), action.to(device_), state})
          .toTuple()
          ->elements();
  const auto of_rows = [&](size_t i, const char* what) {
    const auto& value = result[i].toTensor();
    if (value.is_floating_point() && value.sizes() == at::IntArrayRef({obs.batch_size()})) return value.to(at::kFloat);
    script_->refuse(concat("its log_prob_entropy() gives ", what, " of ", onramp::describe(value), ", want float [",
                           obs.batch_size(), "]"));
  };
  return {.log_prob = of_rows(0, "a log-density"), .entropy = of_rows(1, "an entropy")};
}

at::Tensor TorchScriptPolicy::draw_noise(int64_t batch, ActMode mode, Rng& random) const {
  if (mode == ActMode::kMode) return at::zeros({batch, noise_dim_});
  auto generator = make_generator(random);
  return at::randn({batch, noise_dim_}, generator, at::TensorOptions());
}

std::unique_ptr<PolicyState> TorchScriptPolicy::begin(int64_t batch) {
  auto state = std::make_unique<ScriptState>();
  state->value = initial_state(batch);
  state->fresh = initial_state(1);
  return state;
}

Action TorchScriptPolicy::act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) {
  if (has_memory() && rates_) {
    auto [action, density] = act_rated(obs, state, mode, random);
    return {.action = std::move(action),
            .info = {{kActedLogProb, as_column(density.log_prob)}, {kActedEntropy, as_column(density.entropy)}}};
  }
  auto& own = state_of(state);
  at::Tensor after;
  auto action = act_from(obs, own.value, draw_noise(obs.batch_size(), mode, random), after);
  own.value = std::move(after);
  return {.action = std::move(action), .info = {}};
}

RatedAction TorchScriptPolicy::act_rated(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) {
  if (!rates_) return Policy::act_rated(obs, state, mode, random);  // says that there is no density
  auto& own = state_of(state);
  at::Tensor after;
  auto action = act_from(obs, own.value, draw_noise(obs.batch_size(), mode, random), after);
  auto density = rate(obs, action, own.value);  // from where the action came: the state before the step
  own.value = std::move(after);
  return {.action = std::move(action), .density = std::move(density)};
}

LogProbEntropy TorchScriptPolicy::evaluate(const Observation& obs, const at::Tensor& action) {
  if (!rates_) return Policy::evaluate(obs, action);  // says that there is no density
  if (has_memory())
    script_->refuse("remembers what came before: how likely an action was is known when it acts, not later");
  return rate(obs, action, initial_state(obs.batch_size()));
}

std::string TorchScriptPolicy::describe() const {
  std::string sees;
  for (const auto& entry : observation_.entries) {
    sees += concat(sees.empty() ? "" : ", ", entry.name, " ", type_text(entry));
  }
  return concat("sees ", sees, "; actions of ", action_.dim, "; ",
                rates_ ? concat("density", density_.empty() ? "" : concat(" '", density_, "'")) : "no density", "; ",
                has_memory() ? concat("remembers ", state_values_, " numbers") : "no memory", "; SHA-256 ",
                hash_.substr(0, 16));
}

PartState save_policy(const TorchScriptPolicy& policy) {
  const auto& file = policy.file();
  const std::vector<uint8_t> bytes(file.begin(), file.end());
  PartState state;
  state.host = {{"kind", "torchscript_policy"},
                {"name", std::filesystem::path(policy.name()).filename().string()},
                {"hash", policy.content_hash()}};
  state.tensors["file"] = copy_to_tensor(bytes);
  return state;
}

std::unique_ptr<TorchScriptPolicy> load_torchscript_policy(const PartState& state, at::Device device) {
  const auto bytes = copy_to_vector<uint8_t>(require_tensor("policy", state, "file"));
  std::string file(bytes.begin(), bytes.end());
  // Before any of it is run.
  if (sha256_hex(file) != saved_policy_hash(state)) {
    throw CheckpointError("policy: its content does not match its hash; the file was changed or is damaged");
  }
  try {
    return std::make_unique<TorchScriptPolicy>(std::move(file), require_host<std::string>("policy", state, "name"),
                                               device);
  } catch (const ConfigError& error) {
    throw CheckpointError(concat("policy: ", error.what()));
  }
}

}  // namespace onramp
