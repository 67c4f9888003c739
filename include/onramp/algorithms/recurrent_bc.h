// Behaviour cloning of a policy that remembers, by likelihood over sequences: GMM-RNN. It is what a `bc` learner becomes with
// `policy: mixture_rnn`. Source: Mandlekar et al. (robomimic), BC-RNN with a GMM head, as Q2RL starts from (appendix A-B, D-D).
//
// Deviations from robomimic (and (2) of bc.h, where the means begin):
//  (1) where a demonstration ends within a sequence the steps that are missing do not count, where robomimic repeats the last one
//      and counts it as often; why: that step would weigh most of all, and after a past that no episode has; effect: not
//      measured.
//  (2) it acts with the deviations that it learned, where robomimic acts with 1e-4 (`mixture.low_noise`); why: Q2RL's density,
//      entropy and action must be of one distribution.
//  (3) 512 sequences an update and a rate of 3e-4, the defaults of `bc`, where robomimic has 100 and 1e-4: a config sets them.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "onramp/algorithms/bc.h"
#include "onramp/models/recurrent_actor.h"

namespace onramp {

/// Thread safety: none. Parts: as of Bc.
class RecurrentBc final : public Agent {
 public:
  /// REQUIRES: policy: mixture_rnn
  RecurrentBc(const BcConfig& config, const LearnerContext& context);

  std::vector<BatchRequest> sample_plan() const override;
  Metrics update(const Batches& batches) override;
  void save(Parts& parts) const override;
  void load(const Parts& parts) override;
  std::unique_ptr<Policy> policy() const override;  ///< a RecurrentPolicy

 private:
  const BcConfig config_;
  const ActionSpec action_;
  NetworkInputs inputs_;
  std::shared_ptr<RecurrentMixtureActor> actor_;
  std::optional<Adam> optimizer_;
  TorchStream shift_;
};

}  // namespace onramp
