// Behaviour cloning: a deterministic policy by squared error, or one with a density by likelihood.
// Sources: Simplified Q paper, appendix E ("the exact same policy architecture, learning rate, optimizer, batch size"), and
// random shift after Yarats et al. (fig. 2); the mixture is robomimic's, for Q2RL (appendix A-B, D-D). Losses: losses/bc.h.
//
// Deviations from the papers: (1) the image encoder is small_conv unless the config says resnet, as in simplified_q.h. (The
// policy's mean passes through a tanh, as the RL policy's mode does.)
//  (2) the means of a mixture begin apart, where robomimic's begin near 0 (models/mixture_head.h); why: they may stay together
//      else, and few demonstrations leave few updates to part them; effect: not measured.
//  (3) the Gaussian is one before a tanh, of which actions are clipped to +-0.99 for their likelihood; why: it is the RL
//      policy's own form, and saturated gripper actions would swamp the rest; effect: not measured.
// A policy that remembers (`policy: mixture_rnn`) is learned by algorithms/recurrent_bc.h, which has a list of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "onramp/algorithms/learnable.h"
#include "onramp/algorithms/network_inputs.h"
#include "onramp/base/config_node.h"
#include "onramp/core/generator.h"
#include "onramp/models/mixture_actor.h"
#include "onramp/models/recurrent_actor.h"
#include "onramp/nn/optim.h"

namespace onramp {

/// What is cloned: an actor of that type; or, `policy: {torchscript: path}`, a policy that was learned elsewhere takes its place.
struct BcPolicy {
  ActorType type = ActorType::kDeterministic;
  std::string torchscript;  ///< the file's path; empty: this learner learns

  BcPolicy() = default;
  BcPolicy(ActorType actor) : type(actor) {}  // NOLINT(google-explicit-constructor): a config's word for it
  bool from_file() const { return !torchscript.empty(); }
  // As a field of a config:
  void read(const ConfigNode& node);
  ConfigNode dump() const;
  static std::string type_name();
  void help(HelpRows& rows, int depth) const;
};

/// Defaults: appendix E.
struct BcConfig {
  int64_t batch_size = 512;
  int64_t random_shift = 0;
  AdamConfig optimizer = {.learning_rate = 3e-4};
  InputConfig input = {.images = EncoderMode::kEndToEnd};
  BcPolicy policy;
  ActorConfig actor;
  MixtureConfig mixture;
  RecurrentConfig recurrent;
  int64_t sequence_length = 10;
  std::string source = "offline";
  template <class V>
  void fields(V& v) {
    v("batch_size", batch_size, "transitions an update; with policy: mixture_rnn sequences", at_least(1));
    v("random_shift", random_shift, "pixels by which training pictures are shifted at random; needs end_to_end",
      at_least(0));
    v("optimizer", optimizer, "of the policy");
    v("input", input, "what the policy sees");
    v("policy", policy,
      "deterministic: by squared error; squashed_gaussian, mixture: by likelihood, with the density and entropy that "
      "q2rl needs (ibrl and policy_decorator do with any); mixture_rnn: a mixture after an LSTM, which remembers what "
      "it "
      "saw before; {torchscript: path}: a policy that was learned elsewhere, of which nothing is learned here and all "
      "other "
      "settings mean nothing (docs/bring_your_own_policy.md)");
    v("actor", actor, "policy network, but for policy: mixture_rnn");
    v("mixture", mixture, "policy: mixture, mixture_rnn alone");
    v("recurrent", recurrent, "policy: mixture_rnn alone: its network");
    v("sequence_length", sequence_length,
      "policy: mixture_rnn alone: steps that it is shown in a row, with nothing remembered before the first; those "
      "that a "
      "demonstration has no more do not count",
      at_least(1));
    v("source", source, "replay source of demonstrations", not_empty());
  }
  void validate() const;  ///< @throws ConfigError for random_shift without pixels, or an encoder to be shared
};

/// Thread safety: none. Parts: actor, actor_optimizer, learner, cloned_policy; load() does not read the last.
class Bc final : public Agent {
 public:
  /// REQUIRES: no file in the learner's place, and no policy that remembers
  Bc(const BcConfig& config, const LearnerContext& context);
  /// A Bc, a RecurrentBc (algorithms/recurrent_bc.h), or a GivenPolicy (algorithms/given_policy.h).
  static std::unique_ptr<Learnable> make(const BcConfig& config, const LearnerContext& context);
  static std::string policy_file(const BcConfig& config) { return config.policy.torchscript; }
  /// "cloned_policy", whole: what q2rl, ibrl and policy_decorator start from.
  static std::vector<std::string> provides();
  static std::optional<bool> has_density(const BcConfig& config);  ///< of one from a file: known when it is read
  static std::optional<bool> has_memory(const BcConfig& config);   ///< likewise
  static std::vector<std::string> needs(const BcConfig& config, const ObservationSpec& observation);
  static std::vector<std::string> sources(const BcConfig& config, bool online);
  static std::optional<ActMode> usual_mode(const BcConfig& config);
  /// 100 000 updates, a policy kept each 10 000 (appendix E); of a file none. See LearnerFactory.
  static std::vector<ConfigNode> default_phases(const BcConfig& config, const std::string& learner, bool environment);

  std::vector<BatchRequest> sample_plan() const override;
  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;
  std::unique_ptr<Policy> policy() const override;

 private:
  const BcConfig config_;
  const ActionSpec action_;
  NetworkInputs inputs_;
  std::shared_ptr<Actor> actor_;
  std::optional<Adam> optimizer_;
  TorchStream shift_;
};

}  // namespace onramp
