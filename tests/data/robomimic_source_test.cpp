// Files in the layout that robomimic documents, as its scripts and other people's leave them.
#include <gtest/gtest.h>

#include <functional>

#include "onramp/base/error.h"
#include "onramp/data/check.h"
#include "onramp/data/data_source.h"
#include "onramp/data/store/hdf5_stream_writer.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp::test {
namespace {

/// A demonstration of T steps; obs `pose` [T, 2]: row t is {t, 10 t}; actions [T, 1].
struct Demo {
  int64_t T = 4;
  std::vector<float> rewards;  // empty: none
  std::vector<uint8_t> dones;  // empty: none
  bool next = true;
  float action = 0.5F;
};

struct Robomimic : ::testing::Test {
  Robomimic() : path(folder / "file.hdf5") {}
  void write(const std::vector<Demo>& demos, const std::function<void(Hdf5StreamWriter&)>& also = {}) {
    std::filesystem::remove(path);
    Hdf5StreamWriter file(path);
    for (size_t i = 0; i < demos.size(); ++i) {
      const auto& demo = demos[i];
      const std::string group = "data/demo_" + std::to_string(i);
      std::vector<float> pose;
      for (int64_t t = 0; t <= demo.T; ++t) {
        pose.push_back(static_cast<float>(t));
        pose.push_back(static_cast<float>(10 * t));
      }
      const std::span<const float> all(pose);
      const auto size = static_cast<size_t>(2 * demo.T);
      file.write(group + "/obs/pose", all.first(size), {demo.T, 2});
      if (demo.next) file.write(group + "/next_obs/pose", all.subspan(2), {demo.T, 2});
      file.write(group + "/actions", std::vector<float>(static_cast<size_t>(demo.T), demo.action), {demo.T, 1});
      if (!demo.rewards.empty()) file.write(group + "/rewards", demo.rewards, {demo.T});
      if (!demo.dones.empty()) file.write(group + "/dones", demo.dones, {demo.T});
      file.attribute(group, "num_samples", demo.T);
    }
    if (also) also(file);
    file.close();
  }
  std::vector<Episode> read(const DataOptions& options = DataOptions::as_recorded()) {
    const auto source = open_data(path, options);
    EXPECT_EQ(source->kind(), "robomimic HDF5");
    std::vector<Episode> episodes;
    for (int64_t i = 0; i < source->episodes(); ++i) episodes.push_back(source->read(i));
    notes = join(source->notes().lines(), "\n");
    return episodes;
  }
  std::string faults() {
    std::string text;
    for (const auto& fault : inspect_data(path).faults) text += fault.text() + "\n";
    return text;
  }
  TemporaryFolder folder;
  std::filesystem::path path;
  std::string notes;
};

TEST_F(Robomimic, DonesAtEveryEndAreNoTerminals) {  // done_mode 2: at success and at the end
  write({{.rewards = {0, 0, 0, 1}, .dones = {0, 0, 0, 1}}, {.rewards = {0, 0, 0, 0}, .dones = {0, 0, 0, 1}}});
  const auto episodes = read();
  EXPECT_EQ(episodes[0].end, EndReason::kSuccess);
  EXPECT_EQ(episodes[0].success, (std::vector<uint8_t>{0, 0, 0, 1}));
  EXPECT_EQ(episodes[1].end, EndReason::kTimeLimit);
  EXPECT_NE(notes.find("assumed: rewards are 0 or 1: a step is a success where its reward is 1"), std::string::npos);
  EXPECT_NE(notes.find("dones do not tell"), std::string::npos) << notes;
}

TEST_F(Robomimic, DenseRewardsTellNoSuccess) {
  write({{.rewards = {0.1F, 0.2F, 0.3F, 1}, .dones = {0, 0, 0, 1}}, {.rewards = {0, 0, 0, 1}, .dones = {0, 0, 0, 1}}});
  const auto episodes = read();
  EXPECT_FALSE(episodes[1].succeeded());  // what rewards mean is a matter of the file, not of one demonstration
  EXPECT_EQ(episodes[0].end, EndReason::kTimeLimit);
}

TEST_F(Robomimic, WithoutSuccessNoSparseRewardIsMade) {
  DataOptions options;
  options.reward = D4rlReward::kSuccess;
  write({{.rewards = {0.1F, 0.2F, 0.3F, 1}}});
  expect_throws<DataError>([&] { read(options); },
                           "rewards are not 0 or 1, so that nothing tells success to make a sparse reward of; set "
                           "reward: file, or success_reward");
  write({{}});
  expect_throws<DataError>([&] { read(options); }, "there are no rewards, so that nothing tells success");
  write({{.rewards = {0, 0, 0, 1}}});
  EXPECT_EQ(read(options)[0].reward, (std::vector<float>{0, 0, 0, 1}));
}

TEST_F(Robomimic, DonesThatMarkSomeEndsAreTerminals) {
  write({{.rewards = {2, 2, 2, 2}, .dones = {0, 0, 0, 1}}, {.rewards = {2, 2, 2, 2}, .dones = {0, 0, 0, 0}}});
  const auto episodes = read();
  EXPECT_EQ(episodes[0].end, EndReason::kFailure);
  EXPECT_TRUE(episodes[0].terminal());
  EXPECT_EQ(episodes[1].end, EndReason::kTimeLimit);
}

TEST_F(Robomimic, WithoutRewardsTheyAreZero) {
  write({{}});
  EXPECT_EQ(read()[0].reward, std::vector<float>(4, 0.0F));
  EXPECT_NE(notes.find("there are no rewards"), std::string::npos);
}

TEST_F(Robomimic, WithoutNextObservationsTheLastRowIsTheLastState) {
  write({{.rewards = {0, 0, 0, 0}, .next = false}, {.rewards = {0, 0, 0, 1}, .next = false}});
  const auto episodes = read();
  EXPECT_EQ(episodes[0].length(), 3);  // cut off: no step is paired with a state that nobody saw
  EXPECT_EQ(episodes[0].vectors.at("pose"), (std::vector<float>{0, 0, 1, 10, 2, 20, 3, 30}));
  EXPECT_EQ(episodes[1].length(), 4);  // terminal: the value of the repeated state is never asked for
  EXPECT_EQ(episodes[1].vectors.at("pose"), (std::vector<float>{0, 0, 1, 10, 2, 20, 3, 30, 3, 30}));
  EXPECT_NE(notes.find("(in 1 episode)"), std::string::npos) << notes;
}

TEST_F(Robomimic, KeepsMasksEnvironmentAndAttributes) {
  write({{.rewards = {0, 0, 0, 1}}, {.rewards = {0, 0, 0, 1}}}, [](Hdf5StreamWriter& file) {
    file.write_texts("mask/train", std::vector<std::string>{"demo_0"});
    file.write_texts("mask/20_percent", std::vector<std::string>{"demo_1", "demo_0"});
    file.attribute("data", "env_args", R"({"env_name": "Lift"})");
    file.attribute("data/demo_1", "model_file", "<mujoco/>");
  });
  const auto episodes = read();
  EXPECT_EQ(episodes[0].meta.at("filter_keys"), R"(["20_percent","train"])");
  EXPECT_EQ(episodes[1].meta.at("filter_keys"), R"(["20_percent"])");
  EXPECT_EQ(episodes[0].meta.at("env_args"), R"({"env_name": "Lift"})");
  EXPECT_EQ(episodes[1].meta.at("robomimic/model_file"), "<mujoco/>");
  EXPECT_NE(notes.find("filter keys: 20_percent (2), train (1)"), std::string::npos) << notes;
}

TEST_F(Robomimic, OptionsChangeRewardCutAndClip) {
  write({{.T = 5, .rewards = {0, 1, 0, 1, 1}, .action = 1.5F}});
  DataOptions options;
  expect_throws<DataError>([&] { (void)read(options); },
                           "demo_0: actions: 1.5 at step 0, value 0 is outside [-1, 1]; "
                           "set clip_actions (onramp-data: --clip-actions) if");
  options.clip_actions = true;
  const auto cut = read(options)[0];  // by default robomimic's episodes end at their first success
  EXPECT_EQ(cut.length(), 2);
  EXPECT_EQ(cut.end, EndReason::kSuccess);
  EXPECT_EQ(cut.vectors.at("pose").size(), 6u);
  EXPECT_EQ(cut.action, (std::vector<float>{1, 1}));
  options.cut_at_success = false;
  options.reward = D4rlReward::kSuccessMinusOne;
  EXPECT_EQ(read(options)[0].reward, (std::vector<float>{-1, 0, -1, 0, 0}));
}

TEST_F(Robomimic, CheckFindsWhatContradicts) {
  write({{.rewards = {0, 0, 0, 1}, .dones = {0, 1, 0, 1}}, {.rewards = {0, 0, 0, 1}}}, [](Hdf5StreamWriter& file) {
    file.write_texts("mask/train", std::vector<std::string>{"demo_7"});
    file.write("data/demo_2/obs/pose", std::vector<float>{0, 0, 1, 1}, {2, 2});
    file.write("data/demo_2/next_obs/pose", std::vector<float>{5, 5, 2, 2}, {2, 2});
    file.write("data/demo_2/actions", std::vector<float>{0, 2}, {2, 1});
    file.write("data/demo_2/rewards", std::vector<float>{0, 0}, {2});
  });
  const auto text = faults();
  for (const char* want : {"mask/train: names 'demo_7', which data does not hold",
                           "dones: episode 0, step 1: is set in the middle, at a step that is no success",
                           "next_obs/pose: episode 2, step 0: is not the observation of the next step",
                           "actions: episode 2, step 1: value 0 = 2, outside [-1, 1]"}) {
    EXPECT_NE(text.find(want), std::string::npos) << text << "should hold: " << want;
  }
  write({{.rewards = {0, 0, 0, 1}, .dones = {0, 0, 0, 1}}});
  EXPECT_EQ(faults(), "");
}

TEST_F(Robomimic, NamesWhatItCannotUse) {
  write({{.rewards = {0, 0, 0, 1}}}, [](Hdf5StreamWriter& file) {
    file.write("data/demo_1/actions", std::vector<float>{0, 0}, {2, 1});
  });
  expect_throws<DataError>([&] { (void)read(); },
                           "demo_1: has no obs; make them with robomimic's dataset_states_to_obs.py");
}

}  // namespace
}  // namespace onramp::test
