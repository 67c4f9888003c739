// Files in D4RL's flat layout, made up for tests, and the real ones where they are.
#pragma once

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "onramp/base/atomic_file.h"
#include "onramp/base/random.h"
#include "onramp/data/d4rl_reader.h"
#include "onramp/data/store/hdf5_file.h"
#include "test_paths.h"

namespace onramp::test {

/// A point that drifts: observations [N, 4], the first of them the row's episode, the second its step; actions [N, 2]
/// in [-1, 1]. Episodes have the given lengths (rows) and end by time-out; those of odd number succeed from their
/// middle on.
inline D4rlArrays make_d4rl(const std::vector<int64_t>& lengths = {8, 6, 10}) {
  D4rlArrays arrays{.observation_dim = 4, .action_dim = 2};
  Rng rng = RandomStream(11, "d4rl").at(0);
  for (size_t e = 0; e < lengths.size(); ++e) {
    const double start = 10.0 * rng.normal();
    for (int64_t t = 0; t < lengths[e]; ++t) {
      for (const double value : {static_cast<double>(e), static_cast<double>(t), start + 0.01 * static_cast<double>(t),
                                 std::sin(0.1 * static_cast<double>(t))}) {
        arrays.observations.push_back(static_cast<float>(value));
      }
      for (int a = 0; a < 2; ++a) arrays.actions.push_back(static_cast<float>(rng.uniform(-1.0, 1.0)));
      arrays.rewards.push_back(0.5F * static_cast<float>(t));
      arrays.terminals.push_back(0);
      arrays.timeouts.push_back(t + 1 == lengths[e]);
      arrays.success.push_back(e % 2 == 1 && t >= lengths[e] / 2);
      ++arrays.rows;
    }
  }
  return arrays;
}

/// Fields that are empty are left out.
inline void write_d4rl(const std::filesystem::path& path, const D4rlArrays& arrays) {
  std::vector<std::byte> image;
  {
    Hdf5Writer writer;
    const int64_t N = arrays.rows, D = arrays.observation_dim, A = arrays.action_dim;
    writer.write("observations", arrays.observations, {N, D});
    writer.write("actions", arrays.actions, {N, A});
    if (!arrays.rewards.empty()) writer.write("rewards", arrays.rewards, {N});
    if (!arrays.terminals.empty()) writer.write("terminals", arrays.terminals, {N});
    if (!arrays.timeouts.empty()) writer.write("timeouts", arrays.timeouts, {N});
    if (!arrays.success.empty()) writer.write("infos/success", arrays.success, {N});
    if (!arrays.next_observations.empty()) writer.write("next_observations", arrays.next_observations, {N, D});
    image = writer.image();
  }
  write_file_atomic(path, image);
}

/// adroit/<name> in $ONRAMP_TEST_DATA, or in ../shared/data beside the source folder.
inline std::optional<std::filesystem::path> real_data(const std::string& name) {
  std::vector<std::filesystem::path> roots;
  if (const char* given = std::getenv("ONRAMP_TEST_DATA")) roots.emplace_back(given);
  roots.emplace_back(std::filesystem::path(ONRAMP_SOURCE_DIR) / ".." / "shared" / "data");
  for (const auto& root : roots) {
    if (std::filesystem::exists(root / "adroit" / name)) return root / "adroit" / name;
  }
  return std::nullopt;
}

}  // namespace onramp::test
