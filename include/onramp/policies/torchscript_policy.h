// A policy that was learned elsewhere, as one file of TorchScript. What such a file must offer, and how to make one of a policy
// in PyTorch, is docs/bring_your_own_policy.md; policies/torchscript_export.h writes our own like that.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <string>

#include "onramp/core/checkpoint.h"
#include "onramp/data/policy.h"

namespace onramp {

/// The same call gives the same bits, whether it is the first of a process or the thousandth.
/// A TorchScript file is a program: load only what you trust.
/// Thread safety: none; one copy a thread. Copies share the loaded file. Invariant: the file never changes.
class TorchScriptPolicy final : public Policy {
 public:
  /// Loads the file and tries it: every method is called, with one row and with three.
  /// @param file  its bytes. @param name  what messages call it
  /// @throws ConfigError, one line: no TorchScript, a method that is missing or takes or gives something else, a spec that
  ///   cannot be read, other shapes than its spec says, NaN, actions beyond [-1, 1], randomness of its own, rows that meddle
  explicit TorchScriptPolicy(std::string file, std::string name, at::Device device = at::kCPU);

  std::unique_ptr<PolicyState> begin(int64_t batch) override;
  /// With a memory and a density the columns kActedLogProb and kActedEntropy come with it.
  /// @throws Error for an action that is not finite or beyond [-1, 1], or when the file's own code fails
  Action act(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override;
  RatedAction act_rated(const Observation& obs, PolicyState& state, ActMode mode, Rng& random) override;
  const ActionSpec& action_spec() const override { return action_; }
  const ObservationSpec& observation_spec() const override { return observation_; }
  std::string content_hash() const override { return hash_; }  ///< SHA-256 of the file
  bool has_memory() const override { return state_values_ > 0; }
  bool can_evaluate() const override { return rates_; }
  LogProbEntropy evaluate(const Observation& obs, const at::Tensor& action) override;
  /// By its mode where the spec calls its density Gaussian ("pre_tanh", "gaussian"), else by a draw.
  ActMode usual_mode() const override { return usual_mode_; }

  const std::string& file() const { return *file_; }
  const std::string& name() const { return name_; }
  at::Device device() const { return device_; }
  /// One line: what it sees and does, what it remembers, its density.
  std::string describe() const;

 private:
  class Script;
  void read_spec();
  void try_out();
  at::Tensor initial_state(int64_t batch) const;
  /// @param state  before the step. @param after  becomes the state after it
  at::Tensor act_from(const Observation& obs, const at::Tensor& state, const at::Tensor& noise,
                      at::Tensor& after) const;
  LogProbEntropy rate(const Observation& obs, const at::Tensor& action, const at::Tensor& state) const;
  at::Tensor draw_noise(int64_t batch, ActMode mode, Rng& random) const;

  std::shared_ptr<const std::string> file_;
  std::string name_, hash_, density_;
  at::Device device_;
  std::shared_ptr<const Script> script_;
  ObservationSpec observation_;
  ActionSpec action_;
  int64_t noise_dim_ = 0, state_values_ = 0;  // numbers a row
  bool rates_ = false;
  ActMode usual_mode_ = ActMode::kSample;
};

/// The file itself and its name.
PartState save_policy(const TorchScriptPolicy& policy);
/// @throws CheckpointError as load_policy(), which calls this for a part of this kind
std::unique_ptr<TorchScriptPolicy> load_torchscript_policy(const PartState& state, at::Device device = at::kCPU);

}  // namespace onramp
