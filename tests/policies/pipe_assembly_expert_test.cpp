#include "onramp/policies/pipe_assembly_expert.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "expert_testing.h"
#include "onramp/core/tensor_io.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

ObservationSpec pipe_spec() {
  EntrySpec entry{.name = "privileged", .shape = {17}, .privileged = true};
  for (const char* field : {"tool_x_m", "tool_y_m", "tool_z_m", "tool_rx_rad", "tool_ry_rad", "tool_rz_rad", "width_m",
                            "force_N", "pipe_x_m", "pipe_y_m", "pipe_z_m", "pipe_turn_rad", "pipe_pitch_rad",
                            "mouth_x_m", "mouth_y_m", "mouth_z_m", "fixture_turn_rad"}) {
    entry.fields.push_back(field);
  }
  return {{entry}};
}

/// The hand at (0, 0, z); the pipe's middle at (x, y, pipe_z); the mouth 200 mm ahead, 80 mm up, turned by 0.26.
Observation pipe_and_hand(float z, float width, float x, float y, float pipe_z) {
  return {{"privileged",
           copy_to_tensor<float>(
               std::vector<float>{0, 0, z, 0, 0, 0, width, 0, x, y, pipe_z, 0, 0, 0.2f, 0, 0.08f, 0.26f}, {1, 17})}};
}

std::unique_ptr<Policy> assembler(double noise) {
  PipeAssemblyExpertConfig config;
  config.noise = noise;
  return make_pipe_assembly_expert(config, pipe_spec(), {.dim = 7});
}

at::Tensor acts(Policy& policy, PolicyState& state, const Observation& observation) {
  Rng random = RandomStream(1, "act").next();
  return policy.act(observation, state, ActMode::kMode, random).action[0];
}

TEST(PipeAssemblyExpert, GoesBehindThePipesMiddleOpen) {
  const auto policy = assembler(0.0);
  const auto a = acts(*policy, *policy->begin(1), pipe_and_hand(0.3f, 0.08f, 0.0f, -0.1f, 0.02f));
  EXPECT_LT(a[0].item<float>(), -0.8f);
  EXPECT_LT(a[1].item<float>(), -0.8f);
  EXPECT_LT(a[6].item<float>(), 0.0f);
}

TEST(PipeAssemblyExpert, ClosesRaisesThePipeAndTurnsItToTheFixtureOrOpensAfterAMiss) {
  for (const bool held : {true, false}) {
    const auto policy = assembler(0.0);
    const auto state = policy->begin(1);
    EXPECT_GT(acts(*policy, *state, pipe_and_hand(0.02f, 0.08f, 0.04f, 0, 0.02f))[6].item<float>(), 0.0f);
    at::Tensor a;
    for (int i = 0; i < 12; ++i) a = acts(*policy, *state, pipe_and_hand(0.02f, held ? 0.04f : 0.0f, 0.04f, 0, 0.02f));
    EXPECT_GT(a[2].item<float>(), 0.5f);
    EXPECT_EQ(a[6].item<float>() > 0.0f, held);
    if (!held) continue;
    for (int i = 0; i < 3; ++i) a = acts(*policy, *state, pipe_and_hand(0.08f, 0.04f, 0.04f, 0, 0.08f));
    EXPECT_GT(a[5].item<float>(), 0.8f) << "to the left, as the fixture is";
    EXPECT_GT(a[6].item<float>(), 0.0f);
  }
}

TEST(PipeAssemblyExpert, TheSameDrawGivesTheSameActionAndAResetForgets) {
  test::expect_the_draw_decides_and_a_reset_forgets(*assembler(1.0), pipe_and_hand(0.1f, 0.08f, 0.02f, 0.02f, 0.02f));
}

TEST(PipeAssemblyExpert, ActionsStayInTheirBoundsWhateverTheNoise) {
  test::expect_actions_in_bounds(*assembler(5.0), pipe_and_hand(0.1f, 0.08f, 0.1f, 0, 0.02f));
}

TEST(PipeAssemblyExpert, RefusesAnEnvironmentThatDoesNotTell) {
  test::expect_throws<ConfigError>([] { make_pipe_assembly_expert({}, {}, {.dim = 7}); }, "acts in pipe_assembly only");
}

}  // namespace
}  // namespace onramp
