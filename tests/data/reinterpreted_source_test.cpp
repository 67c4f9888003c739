// What a config makes of recorded episodes beyond their format: success by reward, and a state of several entries.
#include <gtest/gtest.h>

#include "onramp/base/error.h"
#include "onramp/data/data_source.h"
#include "onramp/data/store/hdf5_stream_writer.h"
#include "support/d4rl_files.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp::test {
namespace {

struct Reinterpreted : ::testing::Test {
  Reinterpreted() : path(folder / "file.hdf5") {}
  /// Three steps of robomimic's layout: pose {t, 10 t}, grip {100 + t}, a picture.
  void write_robomimic() const {
    Hdf5StreamWriter file(path);
    const std::vector<float> pose{0, 0, 1, 10, 2, 20, 3, 30}, grip{100, 101, 102, 103};
    const std::vector<uint8_t> eye(3 * 2 * 2 * 3, 7);
    for (const auto& [group, from] : {std::pair{"obs", size_t{0}}, std::pair{"next_obs", size_t{1}}}) {
      const std::string at = std::string("data/demo_0/") + group;
      file.write(at + "/pose", std::span<const float>(pose).subspan(2 * from, 6), {3, 2});
      file.write(at + "/grip", std::span<const float>(grip).subspan(from, 3), {3, 1});
      file.write(at + "/eye", std::span<const uint8_t>(eye), {3, 2, 2, 3});
    }
    file.write("data/demo_0/actions", std::vector<float>(3, 0.5F), {3, 1});
    file.write("data/demo_0/rewards", std::vector<float>{0, 1, 1}, {3});
    file.write_texts("mask/train", std::vector<std::string>{"demo_0"});
    file.attribute("data/demo_0", "num_samples", int64_t{3});
    file.close();
  }
  /// The kitchen: rewards count subtasks, terminals mark ends, no flags. The second never gets to the fourth.
  void write_counting() const {
    auto arrays = make_d4rl({5, 4});
    arrays.success.clear();
    arrays.rewards = {0, 1, 3, 4, 4, 0, 1, 1, 3};
    arrays.timeouts.clear();
    arrays.terminals = {0, 0, 0, 0, 1, 0, 0, 0, 1};
    write_d4rl(path, arrays);
  }
  Episode first(const DataOptions& options, int64_t index = 0, const std::string& key = "") {
    const auto source = open_data(path, options, key);
    auto episode = source->read(index);
    notes = join(source->notes().lines(), "\n");
    return episode;
  }
  TemporaryFolder folder;
  std::filesystem::path path;
  std::string notes;
};

TEST_F(Reinterpreted, StateIsTheNamedVectorsInTheirOrderAndPicturesStay) {
  write_robomimic();
  const auto episode = first({.cut_at_success = false, .state_keys = {"grip", "pose"}}, 0, "train");
  ASSERT_EQ(episode.observation_spec.entries.size(), 2U);
  EXPECT_EQ(episode.observation_spec.find("state")->shape, std::vector<int64_t>{3});
  EXPECT_NE(episode.observation_spec.find("eye"), nullptr);
  EXPECT_EQ(episode.vectors.at("state"), (std::vector<float>{100, 0, 0, 101, 1, 10, 102, 2, 20, 103, 3, 30}));
  EXPECT_EQ(episode.vectors.size(), 1U);
  EXPECT_NE(notes.find("`state` is grip, pose (state_keys)"), std::string::npos) << notes;
}

TEST_F(Reinterpreted, KeysThatAreNotThereAreRefusedWithTheNearest) {
  write_robomimic();
  expect_throws<DataError>([&] { first({.state_keys = {"pse"}}); },
                           "has no vector 'pse' that data.options.state_keys names; did you mean 'pose'? (has: ");
  expect_throws<DataError>([&] { first({.state_keys = {"eye"}}); }, "has no vector 'eye'");
}

TEST_F(Reinterpreted, SuccessByRewardCutsWhereItIsReached) {
  write_counting();
  const auto done = first({.success_reward = 4.0});
  EXPECT_EQ(done.end, EndReason::kSuccess);
  EXPECT_EQ(done.reward, (std::vector<float>{0, 1, 3, 4}));
  EXPECT_EQ(done.success, (std::vector<uint8_t>{0, 0, 0, 1}));
  EXPECT_NE(notes.find("a step is a success where its reward is at least 4 (success_reward)"), std::string::npos);
  const auto not_done = first({.success_reward = 4.0}, 1);
  EXPECT_EQ(not_done.end, EndReason::kFailure);  // as the file has it: terminal
  EXPECT_FALSE(not_done.succeeded());
}

TEST_F(Reinterpreted, SuccessByRewardMayRunOnAndBecomeAReward) {
  write_counting();
  const auto episode = first({.reward = D4rlReward::kSuccessMinusOne, .cut_at_success = false, .success_reward = 3.0});
  EXPECT_EQ(episode.reward, (std::vector<float>{-1, -1, 0, 0, 0}));
  EXPECT_EQ(episode.end, EndReason::kSuccess);  // its last step is one, and it is terminal
}

}  // namespace
}  // namespace onramp::test
