// Episodes compared field by field, so that a difference is named.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "onramp/data/episode.h"
#include "support/episodes.h"

namespace onramp::test {

/// Bit for bit. @param meta  whether meta must be the same too
inline void expect_same_episode(const Episode& got, const Episode& want, const std::string& where, bool meta = true) {
  EXPECT_EQ(got.observation_spec, want.observation_spec) << where;
  EXPECT_EQ(got.action_spec, want.action_spec) << where;
  EXPECT_EQ(got.vectors, want.vectors) << where;
  EXPECT_TRUE(got.images == want.images) << where << ": pictures differ";
  EXPECT_EQ(got.action, want.action) << where;
  EXPECT_EQ(got.executed_action, want.executed_action) << where;
  EXPECT_EQ(got.reward, want.reward) << where;
  EXPECT_EQ(got.success, want.success) << where;
  EXPECT_EQ(to_string(got.end), to_string(want.end)) << where;
  EXPECT_EQ(got.safety_stop_is_terminal, want.safety_stop_is_terminal) << where;
  ASSERT_EQ(got.extra.size(), want.extra.size()) << where;
  for (const auto& [name, column] : want.extra) {
    ASSERT_TRUE(got.extra.contains(name)) << where << ": " << name;
    EXPECT_EQ(got.extra.at(name).width, column.width) << where << ": " << name;
    EXPECT_EQ(got.extra.at(name).values, column.values) << where << ": " << name;
  }
  if (meta) {
    EXPECT_EQ(got.meta, want.meta) << where;
  }
}

/// Everything that an episode can carry: two pictures, a nested name, a privileged entry, bounds and fields, extra columns
/// that not every episode has, executed actions that differ, every end reason in turn, meta with odd characters.
inline std::vector<Episode> rich_episodes(int64_t count = 6) {
  std::vector<Episode> episodes;
  for (int64_t number = 0; number < count; ++number) {
    const auto end = static_cast<EndReason>(number % 6);
    const int64_t T = 3 + number;
    Episode episode = make_episode(T, end, number);
    auto& entries = episode.observation_spec.entries;
    entries.push_back({.name = "scene/top", .dtype = DType::kUint8, .shape = {6, 4, 3}, .low = 0, .high = 255});
    entries.push_back({.name = "simulator", .dtype = DType::kFloat32, .shape = {2}, .low = -5, .privileged = true});
    entries.push_back({.name = "arm/force", .dtype = DType::kFloat32, .shape = {1}, .high = INFINITY});
    for (int64_t i = 0; i < (T + 1) * 72; ++i)
      episode.images["scene/top"].push_back(static_cast<uint8_t>(17 * number + 5 * i));
    for (int64_t i = 0; i < (T + 1) * 2; ++i) episode.vectors["simulator"].push_back(0.1F * static_cast<float>(i));
    for (int64_t i = 0; i < T + 1; ++i) episode.vectors["arm/force"].push_back(static_cast<float>(1 + i + number));
    if (number % 2 == 1) {
      episode.extra["info/gate"].width = 2;
      for (int64_t i = 0; i < 2 * T; ++i) episode.extra["info/gate"].values.push_back(static_cast<float>(i) / 3.0F);
    }
    episode.safety_stop_is_terminal = number % 2 == 0;
    episode.meta["seed"] = "18446744073709551615";
    episode.meta["note"] = "Grüße, \"quoted\"\n" + std::to_string(number);
    episodes.push_back(std::move(episode));
  }
  return episodes;
}

}  // namespace onramp::test
