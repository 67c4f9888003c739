// onramp-data convert and replay.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/program.h"
#include "apps/tiny_run.h"
#include "onramp/data/store/episode_store.h"
#include "support/d4rl_files.h"
#include "support/same_episode.h"

namespace onramp::test {
namespace {

struct DataProgram : ::testing::Test {
  Finished data(const std::vector<std::string>& arguments) {
    return run_program("onramp-data", arguments, folder.path());
  }
  TemporaryFolder folder;
};

TEST_F(DataProgram, ConvertsAndSaysWhatItTookForGranted) {
  write_d4rl(folder / "flat.hdf5", make_d4rl());
  const auto done = data({"convert", "flat.hdf5", "own", "--to", "store"});
  ASSERT_EQ(done.code, 0) << done.err;
  // Time-outs without next observations: 8 + 6 + 10 rows give 7 + 5 + 9 steps.
  EXPECT_EQ(lines_of(done.out).at(0), "own: store, 3 episodes, 21 steps, from flat.hdf5 (D4RL flat HDF5)");
  EXPECT_NE(done.out.find("found: terminals, timeouts, infos/success"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("assumed: there are no next_observations"), std::string::npos) << done.out;
  EXPECT_EQ(data({"check", "own"}).code, 0);
  expect_refused(data({"convert", "flat.hdf5", "own", "--to", "store"}), 1, "own is there already");
  EXPECT_EQ(data({"convert", "flat.hdf5", "own", "--to", "store", "--force"}).code, 0);
  expect_refused(data({"convert", "flat.hdf5", "x", "--to", "csv"}), 2, "csv");
  expect_refused(data({"convert", "nowhere", "x", "--to", "store"}), 1, "nowhere");
}

TEST_F(DataProgram, ForceReplacesNeitherAnotherLayoutNorWhatIsRead) {
  EpisodeStore run(folder / "run" / "episodes");
  for (const auto& episode : rich_episodes(2)) run.append(episode);
  ASSERT_EQ(data({"convert", "run", "rm.hdf5", "--to", "robomimic"}).code, 0);
  write_d4rl(folder / "raw.hdf5", make_d4rl());
  write_file_atomic(folder / "notes.txt", std::string_view("years"));
  const auto want_refused = [&](const std::string& from, const std::string& to, const std::string& format,
                                const std::string& why) {
    const auto before = read_file(folder / to);
    expect_refused(data({"convert", from, to, "--to", format, "--force"}), 1,
                   to + why + ": it is not replaced, --force or not; choose another name");
    EXPECT_EQ(read_file(folder / to), before) << to;
  };
  want_refused("run", "notes.txt", "robomimic", " is there and is no robomimic data set");
  want_refused("run", "notes.txt", "d4rl", " is there and is no d4rl data set");
  want_refused("run", "raw.hdf5", "robomimic", " is there and is no robomimic data set");
  want_refused("run", "rm.hdf5", "d4rl", " is there and is no d4rl data set");
  want_refused("rm.hdf5", "rm.hdf5", "robomimic", " is what is read");
  want_refused("run", "run/episodes/000001.h5", "robomimic", " is what is read");
  const auto done = data({"convert", "run", "rm.hdf5", "--to", "robomimic", "--force"});
  EXPECT_EQ(done.code, 0) << done.err;
}

TEST_F(DataProgram, ConvertStopsInOrderAndClearsWhatAKilledOneLeft) {
  // So many episodes that it is busy for a while: each is a file that is synced.
  write_d4rl(folder / "long.hdf5", make_d4rl(std::vector<int64_t>(20000, 4)));
  write_d4rl(folder / "short.hdf5", make_d4rl());
  const auto stopped_by = [&](int number) {
    Program program("onramp-data", {"convert", "long.hdf5", "own", "--to", "store"}, folder.path());
    EXPECT_TRUE(program.wait_until([&] { return names_in(folder.path()).at(0).starts_with(".tmp.own."); }));
    program.signal(number);
    return program.wait();
  };
  const auto interrupted = stopped_by(SIGINT);
  EXPECT_EQ(interrupted.code, 130) << interrupted.err;
  EXPECT_EQ(interrupted.out, "");
  EXPECT_EQ(lines_of(interrupted.err).back(), "interrupted; own was not written");
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"long.hdf5", "short.hdf5"}));

  EXPECT_EQ(stopped_by(SIGKILL).code, 128 + SIGKILL);
  EXPECT_EQ(names_in(folder.path()).size(), 3u) << "what nobody could clear away";
  const auto done = data({"convert", "short.hdf5", "own", "--to", "store"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"long.hdf5", "own", "short.hdf5"}));
}

TEST_F(DataProgram, SaysHowManyEpisodesATimeLimitCut) {
  write_d4rl(folder / "flat.hdf5", make_d4rl());  // 8, 6 and 10 rows, each marked at its end
  const std::string note = "assumed: max_episode_steps 5 cut 3 of 5 episodes where the file marks no end";
  const auto info = data({"info", "flat.hdf5", "--max-episode-steps", "5"});
  EXPECT_EQ(info.code, 0) << info.err;
  EXPECT_NE(info.out.find(note), std::string::npos) << info.out;
  const auto done = data({"convert", "flat.hdf5", "own", "--to", "store", "--max-episode-steps", "5"});
  EXPECT_NE(done.out.find(note), std::string::npos) << done.out;
  EXPECT_EQ(data({"info", "flat.hdf5", "--max-episode-steps", "10"}).out.find("max_episode_steps"), std::string::npos);
}

TEST_F(DataProgram, InfoSaysWhatIsKnownOfAFileWithFaults) {
  auto arrays = make_d4rl();
  arrays.actions[2 * 3] = 3.0F;
  arrays.timeouts.back() = 0;
  write_d4rl(folder / "flat.hdf5", arrays);
  const std::string outside = "flat.hdf5: actions: episode 0, step 3: value 0 = 3, outside [-1, 1]";
  const std::string endless =
      "flat.hdf5: terminals: episode 2, step 0: the episode never ends: none of its 10 rows is marked in terminals or "
      "timeouts; if it is a time limit, set max_episode_steps (onramp-data: --max-episode-steps)";
  const auto info = data({"info", "flat.hdf5"});
  EXPECT_EQ(info.code, 1);
  EXPECT_NE(info.out.find("flat.hdf5: D4RL flat HDF5 of 24 rows, 3 episodes, 21 steps\n"), std::string::npos)
      << info.out;
  EXPECT_NE(info.out.find(" to 3; differs"), std::string::npos) << info.out;
  EXPECT_TRUE(info.out.ends_with("\n" + outside + "\n" + endless + "\n")) << info.out;
  EXPECT_EQ(info.err, "error: " + outside + "; and 1 more, see above\n");
  const auto check = data({"check", "flat.hdf5"});
  EXPECT_EQ(check.out, outside + "\n" + endless + "\n");
  EXPECT_EQ(check.err, info.err);
  const auto one = data({"check", "flat.hdf5", "--clip-actions"});
  EXPECT_EQ(one.err, "error: " + endless + "\n");
  EXPECT_EQ(data({"info", "flat.hdf5", "--clip-actions", "--max-episode-steps", "10"}).code, 0);
}

TEST_F(DataProgram, NamesItsOwnOptions) {
  auto arrays = make_d4rl();
  arrays.timeouts.back() = 0;
  write_d4rl(folder / "endless.hdf5", arrays);
  arrays = make_d4rl();
  arrays.actions[2 * 3] = 3.0F;
  write_d4rl(folder / "outside.hdf5", arrays);
  for (const auto& arguments :
       {std::vector<std::string>{"convert", "FILE", "own", "--to", "store"}, {"replay", "FILE"}}) {
    auto words = arguments;
    words[1] = "endless.hdf5";
    expect_refused(data(words), 1, "if it is a time limit, set max_episode_steps (onramp-data: --max-episode-steps)\n");
    words[1] = "outside.hdf5";
    expect_refused(data(words), 1,
                   "is outside [-1, 1]; set clip_actions (onramp-data: --clip-actions) if that is meant\n");
  }
}

TEST_F(DataProgram, InfoAndCheckTakeEveryFormat) {
  EpisodeStore store(folder / "own");
  for (const auto& episode : rich_episodes()) store.append(episode);
  for (const std::string format : {"robomimic", "d4rl", "minari", "store"}) {
    ASSERT_EQ(data({"convert", "own", format, "--to", format}).code, 0);
    const auto info = data({"info", format});
    EXPECT_EQ(info.code, 0) << info.out;
    EXPECT_NE(info.out.find("6 episodes, 33 steps"), std::string::npos) << info.out;
    EXPECT_NE(info.out.find("comms_loss 1, failure 1, human_stop 1, safety_stop 1, success 1, time_limit 1"),
              std::string::npos)
        << info.out;
    EXPECT_EQ(data({"check", format}).code, 0);
  }
}

TEST_F(DataProgram, FilmsAnEpisode) {
  write_d4rl(folder / "flat.hdf5", make_d4rl());
  const auto done = data({"replay", "flat.hdf5", "--episode", "1"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_NE(read_file(folder / "flat_1.mp4").find("avc1"), std::string::npos);
  EXPECT_NE(done.out.find("5 steps"), std::string::npos) << done.out;
  expect_refused(data({"replay", "flat.hdf5", "--episode", "9"}), 1, "has no episode 9 (there are 3, numbers 0 to 2)");
  expect_refused(data({"replay", "flat.hdf5", "--simulate"}), 2, "no config.yaml of a run lies beside it");
  expect_refused(data({"replay", "flat.hdf5", "--simulate", "--env", "vacuum_grasp"}), 2, "records no seed");
}

TEST_F(DataProgram, PlaysARunBackWithoutDrift) {
  const auto& whole = whole_run();
  ASSERT_EQ(whole.finished.code, 0) << whole.finished.err;
  for (const std::string episode : {"2", "7"}) {  // a demonstration, and one of the learner's own
    const auto done = data({"replay", whole.run.string(), "--episode", episode, "--simulate", "--json", "drift.json"});
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_NE(done.out.find("steps repeated bit for bit; ended by"), std::string::npos) << done.out;
    const auto drift = nlohmann::json::parse(read_file(folder / "drift.json"));
    EXPECT_EQ(drift.at("largest"), 0.0);
    EXPECT_TRUE(drift.at("identical").get<bool>());
    EXPECT_GE(drift.at("observations").size(), 2u);  // the state and the picture
  }
  // Another seed: another situation.
  const auto other = data({"replay", (whole.run / "episodes" / "000002.h5").string(), "--simulate", "--seed", "3"});
  ASSERT_EQ(other.code, 0) << other.err;
  EXPECT_NE(other.out.find("drifts from observation 0 on"), std::string::npos) << other.out;
}

TEST_F(DataProgram, TrainsFromEveryFormat) {
  const auto& whole = whole_run();
  ASSERT_EQ(whole.finished.code, 0) << whole.finished.err;
  write_file_atomic(folder / "offline.yaml", std::string_view(R"(
compute: {threads: 1}
data: {path: given, options: {cut_at_success: false}}
learners:
  cloning: {type: bc, batch_size: 16, input: {images: end_to_end, encoder: {channels: [4], feature_dim: 8}}, actor: {mlp: {hidden: [16]}}}
phases:
  - {type: learn, name: cloning, learner: cloning, updates: 8}
)"));
  // One episode of a run is a data set too; nobody knows where its policy could act.
  const auto single = (whole.run / "episodes" / "000001.h5").string();
  const auto one =
      run_program("onramp-train", {"offline.yaml", "--set", "data.path=" + single, "--set", "run.folder=run_single"},
                  folder.path());
  ASSERT_EQ(one.code, 0) << one.err;
  EXPECT_NE(one.err.find("data: 1 episode, "), std::string::npos) << one.err;
  expect_refused(run_program("onramp-eval", {"run_single"}, folder.path()), 2,
                 "no environment is known to it: name one that shows and takes the same with --task NAME");
  std::string metrics;
  for (const std::string format : {"store", "robomimic", "d4rl", "minari"}) {
    ASSERT_EQ(data({"convert", whole.run.string(), format, "--to", format}).code, 0);
    const auto done = run_program("onramp-train",
                                  {"offline.yaml", "--set", "data.path=" + format, "--set", "run.folder=run_" + format},
                                  folder.path());
    ASSERT_EQ(done.code, 0) << done.err;
    const auto got = read_file(folder / ("run_" + format) / "metrics.csv");
    EXPECT_NE(got.find("bc_loss"), std::string::npos);
    if (metrics.empty()) metrics = got;
    EXPECT_EQ(got, metrics) << format;  // the same episodes, whatever file they come from
  }
}

}  // namespace
}  // namespace onramp::test
