// Small problems and comparisons for tests of learners.
#pragma once

#include <ATen/Parallel.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include "models/model_testing.h"
#include "onramp/algorithms/learnable.h"
#include "onramp/base/error.h"
#include "onramp/base/random.h"
#include "onramp/models/content_hash.h"
#include "support/expect_throws.h"

namespace onramp::test {

/// Networks of a few units run faster on one thread than on two.
class OneThread : public ::testing::Environment {
 public:
  void SetUp() override { at::set_num_threads(1); }
};
inline const auto* const kOneThread = ::testing::AddGlobalTestEnvironment(new OneThread);

/// The seed of tests that learn. Bounds were measured with ONRAMP_TEST_SEED=1 to 10 and ONRAMP_PRINT_SLACK=1.
inline uint64_t test_seed() {
  const char* text = std::getenv("ONRAMP_TEST_SEED");
  return text ? std::strtoull(text, nullptr, 10) : 1;
}

inline void expect_below(const std::string& what, double value, double bound) {
  if (std::getenv("ONRAMP_PRINT_SLACK")) std::cout << "[  SLACK ] " << what << " " << value << " < " << bound << "\n";
  EXPECT_LT(value, bound) << what;
}

inline LearnerContext state_context(int64_t state_dim, int64_t action_dim, uint64_t seed = 1) {
  return {.observation = state_only(state_dim), .action = {action_dim, {}}, .seed = seed};
}

/// Actions of two numbers from pictures and a state; `given` is what earlier phases hand over.
inline LearnerContext picture_context(const Parts* given = nullptr) {
  return {.observation = picture_and_state(), .action = {2, {}}, .seed = 1, .given = given};
}

inline Parts saved(const Learnable& learner) {
  Parts parts;
  learner.save(parts);
  return parts;
}

/// One hash over all that a learner keeps: equal hashes are equal bits.
inline std::string hash_of(const Learnable& learner) {
  std::string all;
  for (const auto& [name, part] : saved(learner)) all += name + " " + content_hash(part) + "\n";
  return all;
}

/// A batch of transitions over "state", of random numbers that a seed determines.
inline Batch random_batch(int64_t B, int64_t state_dim, int64_t action_dim, uint64_t seed = 1) {
  Batch batch;
  batch.obs = {{"state", normals({B, state_dim}, 10 * seed)}};
  batch.next_obs = {{"state", normals({B, state_dim}, 10 * seed + 1)}};
  batch.action = uniforms({B, action_dim}, 10 * seed + 2);
  batch.reward = uniforms({B}, 10 * seed + 3);
  batch.discount = at::full({B}, 0.9);
  return batch;
}

/// One hash over what a policy does in 256 states of three numbers and what it reports of it, and over nothing else: the
/// config that a policy keeps would make any two of them differ. Density and entropy count where it has them.
inline std::string hash_of_acts(Policy& policy) {
  const Observation obs{{"state", normals({256, 3}, 77)}};
  PartState acts;
  for (const auto mode : {ActMode::kMode, ActMode::kSample}) {
    auto random = RandomStream(5, "act").next();
    const auto acted = policy.act(obs, *policy.begin(256), mode, random);
    const std::string prefix = mode == ActMode::kMode ? "mode." : "sample.";
    acts.tensors[prefix + "action"] = acted.action;
    for (const auto& column : acted.info) acts.tensors[prefix + column.name] = column.value;
    if (!policy.can_evaluate()) continue;
    const auto rated = policy.evaluate(obs, acted.action);
    acts.tensors[prefix + "log_prob"] = rated.log_prob;
    acts.tensors[prefix + "entropy"] = rated.entropy;
  }
  return content_hash(acts);
}

/// The same with pictures of picture_and_state() beside the state.
inline Batch picture_batch(int64_t B, int64_t action_dim, uint64_t seed = 1) {
  auto batch = random_batch(B, 3, action_dim, seed);
  batch.obs.set("wrist", pictures(B, 10 * seed + 4));
  batch.next_obs.set("wrist", pictures(B, 10 * seed + 5));
  return batch;
}

/// Saves `learner`, loads it into `fresh`, updates both twice: every bit is the same.
inline void expect_continues_bit_for_bit(Learnable& learner, Learnable& fresh, const Batches& batches) {
  for (int i = 0; i < 3; ++i) learner.update(batches);
  EXPECT_NE(hash_of(learner), hash_of(fresh));
  fresh.load(saved(learner));
  EXPECT_EQ(hash_of(learner), hash_of(fresh));
  for (int i = 0; i < 2; ++i) {
    const auto a = learner.update(batches), b = fresh.update(batches);
    ASSERT_EQ(a.size(), b.size());
    for (size_t k = 0; k < a.size(); ++k) {
      EXPECT_TRUE(at::equal(a[k].second, b[k].second)) << a[k].first;
      EXPECT_EQ(a[k].second.dim(), 0) << a[k].first;
      EXPECT_FALSE(a[k].second.requires_grad()) << a[k].first;
    }
  }
  EXPECT_EQ(hash_of(learner), hash_of(fresh));
}

/// Loads `learner` from what it saves, without each part in turn: the error names the part.
inline void expect_names_each_missing_part(Learnable& learner) {
  for (const auto& [name, part] : saved(learner)) {
    auto parts = saved(learner);
    parts.erase(name);
    expect_throws<CheckpointError>([&] { learner.load(parts); }, name);
  }
}

}  // namespace onramp::test
