#include "onramp/data/acting.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

namespace onramp {
namespace {

TEST(Acting, IsReadFromTheColumnOfAPolicyThatChooses) {
  EXPECT_EQ(who_acted(Action{.action = at::zeros({2, 1})}), std::nullopt) << "it does not choose";
  const Action chosen{.action = at::zeros({2, 1}),
                      .info = {{"q_bc", at::ones({2, 1})}, {kActingColumn, at::tensor({0.0F, 1.0F}).unsqueeze(1)}}};
  EXPECT_EQ(who_acted(chosen), Acting::kLearned);
  EXPECT_EQ(who_acted(chosen, 1), Acting::kCloned);
}

TEST(Acting, IsReadFromARecordedEpisode) {
  Episode episode{.reward = {0, 0}};
  EXPECT_EQ(who_acted(episode, 0), std::nullopt);
  episode.extra[kActingColumn] = {1, {1, 0}};
  EXPECT_EQ(who_acted(episode, 0), Acting::kCloned);
  EXPECT_EQ(who_acted(episode, 1), Acting::kLearned);
}

}  // namespace
}  // namespace onramp
