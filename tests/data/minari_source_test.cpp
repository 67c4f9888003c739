// Sets in Minari's layout. Those that Minari's own code wrote: tests/apps/data_peers_test.cpp.
#include <gtest/gtest.h>

#include <functional>

#include "onramp/base/atomic_file.h"
#include "onramp/data/check.h"
#include "onramp/data/data_source.h"
#include "onramp/data/store/hdf5_stream_writer.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp::test {
namespace {

const char* const kVectorSpace =
    R"("{\"type\": \"Box\", \"dtype\": \"float32\", \"shape\": [1], \"low\": [-Infinity], )"
    R"(\"high\": [Infinity]}")";
std::string metadata(const std::string& observation, const std::string& action, int64_t episodes = 1) {
  return concat(R"({"total_episodes": )", episodes, R"(, "observation_space": )", observation, R"(, "action_space": )",
                action, R"(, "author": "nobody"})");
}
std::string action_box(const std::string& low, const std::string& high) {
  return concat(R"("{\"type\": \"Box\", \"dtype\": \"float32\", \"shape\": [2], \"low\": )", low, R"(, \"high\": )",
                high, R"(}")");
}

struct Minari : ::testing::Test {
  /// One episode of T = 3; observations [4, 1] = t; actions {1, 0} {0, 1} {2, -2}.
  void write(const std::string& text, std::vector<uint8_t> terminations, std::vector<uint8_t> truncations,
             const std::function<void(Hdf5StreamWriter&)>& also = {}) {
    std::filesystem::remove_all(folder / "set");
    std::filesystem::create_directories(folder / "set" / "data");
    Hdf5StreamWriter file(folder / "set" / "data" / "main_data.hdf5");
    file.write("episode_0/observations", std::vector<float>{0, 1, 2, 3}, {4, 1});
    file.write("episode_0/actions", std::vector<float>{1, 0, 0, 1, 2, -2}, {3, 2});
    file.write("episode_0/rewards", std::vector<float>{5, 6, 7}, {3});
    file.write_bools("episode_0/terminations", terminations);
    file.write_bools("episode_0/truncations", truncations);
    file.attribute("episode_0", "seed", int64_t{42});
    if (also) also(file);
    file.close();
    if (!text.empty()) write_file_atomic(folder / "set" / "data" / "metadata.json", text);
  }
  Episode read(DataOptions options = {}) {
    options.clip_actions = true;
    const auto source = open_data(folder / "set", options);
    EXPECT_EQ(source->kind(), "Minari HDF5");
    auto episode = source->read(0);
    notes = join(source->notes().lines(), "\n");
    return episode;
  }
  TemporaryFolder folder;
  std::string notes;
};

TEST_F(Minari, ScalesActionsFromTheirSpace) {
  write(metadata(kVectorSpace, action_box("[-2, -4]", "[2, 0]")), {0, 0, 0}, {0, 0, 1});
  const auto episode = read();
  // (a - low) / (high - low) * 2 - 1: second value from [-4, 0]
  EXPECT_EQ(episode.action, (std::vector<float>{0.5F, 1, 0, 1, 1, 0}));  // 1 in [-4, 0] is beyond: clipped
  EXPECT_EQ(episode.vectors.at("state"), (std::vector<float>{0, 1, 2, 3}));
  EXPECT_EQ(episode.end, EndReason::kTimeLimit);
  EXPECT_EQ(episode.meta.at("seed"), "42");
  EXPECT_EQ(episode.meta.at("action_low"), "[-2.0,-4.0]");
  EXPECT_EQ(episode.meta.at("minari_metadata"), R"({"author":"nobody"})");
  EXPECT_NE(notes.find("actions are scaled to [-1, 1] from the action space's bounds, -4 to 2"), std::string::npos)
      << notes;
}

TEST_F(Minari, TerminationsAreTerminalAndInfosSaySuccess) {
  const auto text = metadata(kVectorSpace, action_box("[-1, -1]", "[1, 1]"));
  write(text, {0, 0, 1}, {0, 0, 0});
  EXPECT_EQ(read().end, EndReason::kFailure);
  EXPECT_NE(notes.find("a termination is a failure (infos tell no success)"), std::string::npos) << notes;
  write(text, {0, 0, 1}, {0, 0, 1}, [](Hdf5StreamWriter& file) {  // both at once: terminal all the same
    file.write_bools("episode_0/infos/success", std::vector<uint8_t>{0, 0, 0, 1});
    file.write("episode_0/infos/speed", std::vector<float>{9, 1, 2, 3}, {4});
  });
  const auto won = read();
  EXPECT_EQ(won.end, EndReason::kSuccess);
  EXPECT_EQ(won.success, (std::vector<uint8_t>{0, 0, 1}));
  EXPECT_EQ(won.extra.at("infos/speed").values, (std::vector<float>{1, 2, 3}));  // the row of the reset is not a step's
  write(text, {0, 0, 0}, {0, 0, 0});
  EXPECT_EQ(read().end, EndReason::kTimeLimit);
  EXPECT_NE(notes.find("nothing marks the end: taken as a time limit (in 1 episode)"), std::string::npos) << notes;
}

TEST_F(Minari, NamesNestedObservations) {
  const std::string space =
      R"("{\"type\": \"Dict\", \"subspaces\": {\"arm\": {\"type\": \"Dict\", \"subspaces\": {\"q\": {\"type\": \"Box\", )"
      R"(\"dtype\": \"float32\", \"shape\": [2], \"low\": [0, 0], \"high\": [1, 1]}}}, \"word\": {\"type\": \"Text\"}}}")";
  std::filesystem::create_directories(folder / "set");
  {
    Hdf5StreamWriter file(folder / "set" / "main_data.hdf5");
    file.write("episode_3/observations/arm/q", std::vector<float>{0, 1, 2, 3}, {2, 2});
    file.write_texts("episode_3/observations/word", std::vector<std::string>{"a", "b"});
    file.write("episode_3/actions", std::vector<float>{0, 0}, {1, 2});
    file.write("episode_3/rewards", std::vector<float>{1}, {1});
    file.write_bools("episode_3/terminations", std::vector<uint8_t>{1});
    file.write_bools("episode_3/truncations", std::vector<uint8_t>{0});
    file.close();
  }
  write_file_atomic(folder / "set" / "metadata.json", metadata(space, action_box("[-1, -1]", "[1, 1]")));
  const auto episode = read();
  ASSERT_EQ(episode.observation_spec.entries.size(), 1u);
  EXPECT_EQ(episode.observation_spec.entries[0].name, "arm/q");
  EXPECT_NE(notes.find("lost: observation 'word': a Text is no array of numbers"), std::string::npos) << notes;
  EXPECT_EQ(open_data(folder / "set" / "main_data.hdf5")->number(0), 3);  // the file itself will do
}

TEST_F(Minari, CheckFindsWhatContradicts) {
  write(metadata(kVectorSpace, action_box("[-2, -2]", "[2, 2]"), 7), {0, 1, 0}, {0, 0, 1});
  std::string text;
  for (const auto& fault : inspect_data(folder / "set").faults) text += fault.text() + "\n";
  EXPECT_NE(text.find("metadata.json counts 7 episodes, there are 1"), std::string::npos) << text;
  EXPECT_NE(text.find("terminations: episode 0, step 1: marks an end in the middle of the episode"), std::string::npos)
      << text;
  write(metadata(kVectorSpace, action_box("[-2, -2]", "[2, 2]")), {0, 0, 0}, {0, 0, 1});
  EXPECT_TRUE(inspect_data(folder / "set").faults.empty());
}

TEST_F(Minari, RefusesWhatItCannotHold) {
  write(metadata(kVectorSpace, R"("{\"type\": \"Discrete\", \"n\": 2, \"start\": 0}")"), {0, 0, 0}, {0, 0, 1});
  expect_throws<DataError>([&] { (void)read(); }, "its actions are Discrete; onramp's are continuous");
  write("{\"observation_space\": \"{\"", {0, 0, 0}, {0, 0, 1});
  expect_throws<DataError>([&] { (void)read(); }, "metadata.json: ");
  write(std::string(100, '['), {0, 0, 0}, {0, 0, 1});
  expect_throws<DataError>([&] { (void)read(); }, "metadata.json: its JSON is nested deeper than 64");
  write("", {0, 0, 0}, {0, 0, 1});
  (void)read();
  EXPECT_NE(notes.find("there is no metadata.json: actions are in [-1, 1]"), std::string::npos) << notes;
}

}  // namespace
}  // namespace onramp::test
