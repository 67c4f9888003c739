#include "onramp/algorithms/kept_state.h"

#include <torch/types.h>

#include "models/model_testing.h"
#include "onramp/base/error.h"
#include "onramp/nn/mlp.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

using namespace onramp::test;

struct Learner {
  explicit Learner(uint64_t seed) : noise(seed, "noise"), pairs(seed, "pairs") {
    kept.add("network", network).add("optimizer", optimizer).add("noise", noise).add("pairs", pairs);
  }
  void update() {
    optimizer.minimize(network.forward(at::randn({5, 3}, noise.next(), at::TensorOptions())).square().mean());
    pairs.next();
  }
  at::Generator generator = generator_of(3);
  Mlp network{3, 2, {.hidden = {4}}, generator};
  Adam optimizer{network, {}};
  TorchStream noise;
  RandomStream pairs;
  KeptState kept;
};

TEST(KeptState, ALoadedLearnerGoesOnBitForBit) {
  Learner first(1), second(1);
  for (int i = 0; i < 3; ++i) first.update();
  Parts parts;
  first.kept.save(parts);
  second.kept.load(parts);
  EXPECT_EQ(second.pairs.counter(), 3u);
  first.update();
  second.update();
  const auto a = first.network.parameters(), b = second.network.parameters();
  for (size_t i = 0; i < a.size(); ++i) expect_equal(a[i], b[i]);
}

TEST(KeptState, APartThatIsMissingIsNamed) {
  Learner learner(1);
  for (const char* part : {"network", "optimizer", "noise", "pairs"}) {
    Parts parts;
    learner.kept.save(parts);
    parts.erase(part);
    expect_throws<CheckpointError>([&] { learner.kept.load(parts); }, part);
  }
}

}  // namespace
}  // namespace onramp
