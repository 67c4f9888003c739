// The critic update of REDQ (Chen et al., arXiv:2101.05982, algorithm 1, lines 5 to 8), put together from the library's parts.
// peers/redq.py is the same in Python.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/types.h>

#include "benchmarks/flops.h"
#include "benchmarks/made_up_data.h"
#include "benchmarks/rows.h"
#include "onramp/core/generator.h"
#include "onramp/losses/td.h"
#include "onramp/models/critic.h"
#include "onramp/nn/optim.h"
#include "onramp/nn/state.h"

namespace onramp::bench {
namespace {

constexpr int64_t kMembers = 10, kSubset = 2, kBatch = 256;
constexpr double kTau = 0.005, kTemperature = 0.1;

class Redq {
 public:
  explicit Redq(const MlpConfig& mlp) : members_(0, "redq/members") {
    TorchStream initial(0, "redq/initial_weights");
    const auto make = [&] {
      const auto encoder = std::make_shared<ObservationEncoder>(state_observation(), Normalizer(), nullptr, false);
      return std::make_shared<Critic>(encoder, state_action().dim, CriticConfig{kMembers, mlp}, initial.next());
    };
    critic_ = make();
    target_ = make();
    set_trainable(*target_, false);
    flatten_parameters(*target_);
    copy_module(*target_, *critic_);
    optimizer_.emplace(*critic_, AdamConfig{.learning_rate = 3e-4});
  }

  /// @param next_action a' ~ pi(.|s') [B, A] and next_log_prob [B]: the policy is not part of this update
  void update(const Batch& batch, const at::Tensor& next_action, const at::Tensor& next_log_prob) {
    // y = r + discount ( min_{e in M} Q'_e(s', a') - temperature log pi(a'|s') ), M a random subset of the members
    const auto subset = two_members();
    at::Tensor y;
    {
      at::NoGradGuard no_gradient;
      const auto next_q = target_->q_of(subset, target_->encode(batch.next_obs), next_action).amin(0);  // [M, B] -> [B]
      y = losses::td_target(batch.reward, batch.discount, next_q - kTemperature * next_log_prob);
    }
    const auto q = critic_->q(critic_->encode(batch.obs), batch.action);  // [E, B]
    optimizer_->minimize(losses::half_td_mse(q, y));
    polyak_update(*target_, *critic_, kTau);
  }

 private:
  std::vector<int64_t> two_members() {
    Rng rng = members_.next();
    const int64_t first = rng.below(kMembers), other = rng.below(kMembers - 1);
    return {first, other < first ? other : other + 1};
  }

  std::shared_ptr<Critic> critic_, target_;
  std::optional<Adam> optimizer_;
  RandomStream members_;
};

Batch random_batch() {
  const auto O = state_observation().entries[0].numel(), A = state_action().dim;
  Batch batch;
  batch.obs.set("state", at::randn({kBatch, O}));
  batch.next_obs.set("state", at::randn({kBatch, O}));
  batch.action = at::rand({kBatch, A}) * 2 - 1;
  batch.reward = at::rand({kBatch});
  batch.discount = at::full({kBatch}, 0.99);
  return batch;
}

/// Of one update by hand: 2 m n k a product; forward and weight gradients of E members at B rows, input gradients of all
/// layers but the first, forward of M target members.
double flops_by_hand() {
  const double in = 67, hidden = 256;
  const double forward = 2.0 * kBatch * (in * hidden + hidden * hidden + hidden);  // of one member
  const double into_input = 2.0 * kBatch * in * hidden;
  return kMembers * (3 * forward - into_input) + kSubset * forward;
}

}  // namespace

void add_redq_rows() {
  const auto add = [](const std::string& name, const MlpConfig& mlp) {
    add_row("redq/critic/" + name, "updates", [mlp] {
      const auto redq = std::make_shared<Redq>(mlp);
      const auto batch = random_batch();
      const auto next_action = at::rand_like(batch.action) * 2 - 1, next_log_prob = at::randn({kBatch});
      const auto update = [=] { redq->update(batch, next_action, next_log_prob); };
      const double flops = count_flops(update), by_hand = flops_by_hand();
      ONRAMP_CHECK(std::abs(flops / by_hand - 1) < 1e-9, "counted ", flops, " FLOPs, by hand ", by_hand);
      return Work{.once = update, .flops = flops};
    });
  };
  const MlpConfig mlp{.hidden = {256, 256}, .layer_norm = true};
  add("fp32", mlp);
  auto half = mlp;
  half.precision = Precision::kBf16;
  add("bf16", half);
  auto plain = mlp;
  plain.fused = false;
  add("fp32/plain_operators", plain);
}

}  // namespace onramp::bench
