#include "onramp/envs/batched_environment.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <atomic>

#include "support/counting_environment.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using test::CountingEnvironment;

std::vector<at::Tensor> zeros(int64_t n) { return std::vector<at::Tensor>(static_cast<size_t>(n), at::zeros({2})); }

TEST(BatchedEnvironmentTest, StepsAllAndLetsThoseWithoutAnActionRest) {
  BatchedEnvironment batch([] { return std::make_unique<CountingEnvironment>(4); }, 5, 2);
  EXPECT_EQ(batch.size(), 5);
  EXPECT_EQ(batch.spec().name, "counting");
  EXPECT_EQ(batch.reset({1, 2, 3, 4}).size(), 4u);
  batch.step(zeros(4));
  auto actions = zeros(4);
  actions[1] = at::Tensor();
  const auto steps = batch.step(actions);
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_FALSE(steps[1]);
  EXPECT_EQ(steps[3]->reward, 2.0);
  EXPECT_EQ(batch.step(zeros(4))[1]->reward, 2.0) << "it rested one step";
}

/// Complains when it is not used and destroyed by the thread that made it.
class LoyalEnvironment final : public Environment {
 public:
  static inline std::atomic<int> strangers = 0, alive = 0;
  LoyalEnvironment() { ++alive; }
  ~LoyalEnvironment() override {
    look();
    --alive;
  }
  const EnvSpec& spec() const override { return inner_.spec(); }
  Observation reset(uint64_t seed) override {
    look();
    return inner_.reset(seed);
  }
  Step step(const at::Tensor& action) override {
    look();
    return inner_.step(action);
  }

 private:
  void look() const { strangers += inner_.made_in != std::this_thread::get_id(); }
  CountingEnvironment inner_;
};

TEST(BatchedEnvironmentTest, EveryEnvironmentStaysInItsThread) {
  {
    BatchedEnvironment batch([] { return std::make_unique<LoyalEnvironment>(); }, 7, 3);
    EXPECT_EQ(LoyalEnvironment::alive, 7);
    batch.reset({1, 2, 3, 4, 5, 6, 7});
    for (int i = 0; i < 50; ++i) batch.step(zeros(7));
  }
  EXPECT_EQ(LoyalEnvironment::strangers, 0);
  EXPECT_EQ(LoyalEnvironment::alive, 0);
}

TEST(BatchedEnvironmentTest, AFailureNamesItsEnvironmentAndTheOthersGoOn) {
  int64_t made = 0;
  BatchedEnvironment batch(
      [&] {
        auto environment = std::make_unique<CountingEnvironment>();
        environment->throw_at = made++ == 2 ? 2 : 0;
        return environment;
      },
      4, /*threads=*/1);
  batch.reset({1, 2, 3, 4});
  batch.step(zeros(4));
  test::expect_throws<EnvironmentError>([&] { batch.step(zeros(4)); }, "environment 2: the counter jammed");
  auto actions = zeros(4);
  actions[2] = at::Tensor();
  EXPECT_EQ(batch.step(actions)[3]->reward, 3.0) << "it took the step in which another failed";
}

TEST(BatchedEnvironmentTest, AnEnvironmentThatCannotBeMadeIsReportedAsItIs) {
  const auto make = [made = std::make_shared<int>(0)]() -> std::unique_ptr<Environment> {
    if (++*made == 3) throw ConfigError("no third one");
    return std::make_unique<LoyalEnvironment>();
  };
  test::expect_throws<ConfigError>([&] { BatchedEnvironment(make, 5, 2); }, "no third one");
  EXPECT_EQ(LoyalEnvironment::alive, 0);
  test::expect_throws<ValueError>([&] { BatchedEnvironment(make, 0, 2); }, "want >= 1, got 0");
}

}  // namespace
}  // namespace onramp
