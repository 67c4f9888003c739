// onramp-eval, onramp-data and onramp-sim on what a tiny run left behind.
#include <gtest/gtest.h>

#include <map>

#include <nlohmann/json.hpp>

#include "apps/tiny_run.h"
#include "onramp/base/process_setup.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;

struct Programs : ::testing::Test {
  void SetUp() override { ASSERT_EQ(whole_run().finished.code, 0) << whole_run().finished.err; }
  Finished start(const std::string& name, const std::vector<std::string>& arguments) {
    return run_program(name, arguments, folder.path(), {"OMP_NUM_THREADS=1"});
  }
  std::string run = whole_run().run.string();
  TemporaryFolder folder;
};

TEST_F(Programs, SayHowTheyAreUsed) {
  for (const char* name : {"onramp-train", "onramp-eval", "onramp-data", "onramp-sim", "onramp-report"}) {
    SCOPED_TRACE(name);
    const auto help = start(name, {"--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_EQ(help.err, "");
    EXPECT_NE(help.out.find("xit code"), std::string::npos) << help.out;
    const bool commands = name == std::string("onramp-data") || name == std::string("onramp-sim");
    const std::map<std::string, std::vector<std::string>> sound{{"onramp-train", {}},
                                                                {"onramp-eval", {run}},
                                                                {"onramp-data", {"info", run}},
                                                                {"onramp-sim", {"list"}},
                                                                {"onramp-report", {run}}};
    auto wrong = sound.at(name);
    wrong.emplace_back("--no-such-option");
    expect_refused(start(name, wrong), 2, "--no-such-option");
    if (commands) expect_refused(start(name, {}), 2, std::string("see ") + name + " --help");
  }
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST_F(Programs, SayWhichVersionTheyAreOf) {
  for (const char* name :
       {"onramp-train", "onramp-eval", "onramp-data", "onramp-sim", "onramp-report", "onramp-export"}) {
    const auto said = start(name, {"--version"});
    EXPECT_EQ(said.code, 0) << said.err;
    EXPECT_EQ(said.out, std::string(name) + " " + onramp_version() + "\n");
  }
}

TEST_F(Programs, NameTheCommandThatIsNone) {
  expect_refused(
      start("onramp-sim", {"recrd", "vacuum_grasp"}), 2,
      "no command 'recrd'; did you mean 'record'? (there are: list, spec, record, speed, play); see onramp-sim "
      "--help");
  expect_refused(start("onramp-data", {"chek"}), 2, "no command 'chek'; did you mean 'check'?");
  expect_refused(start("onramp-data", {}), 2, "want a command: info, check, convert, replay; see onramp-data --help");
  expect_refused(start("onramp-data", {"check"}), 2, "FILE");  // a command: what it lacks is said
}

TEST_F(Programs, LookWhetherTheyCanWriteBeforeTheyWork) {
  expect_refused(start("onramp-eval", {run, "--json", "."}), 2, "--json: want a file's name that ends in .json, got .");
  expect_refused(start("onramp-eval", {run, "--json", "/proc/a.json"}), 2, "--json: cannot write in /proc: ");
  expect_refused(start("onramp-eval", {run, "--video", "/proc/a.mp4"}), 2, "--video: cannot write in /proc: ");
  expect_refused(start("onramp-sim", {"record", "vacuum_grasp", "--out", "/proc/a.mp4"}), 2, "cannot write in /proc: ");
  expect_refused(start("onramp-export", {run, "--out", "/proc/a.pt"}), 2, "--out: cannot write in /proc: ");
  expect_refused(start("onramp-data", {"replay", run, "--out", "/proc/a.mp4"}), 2, "--out: cannot write in /proc: ");
  expect_refused(run_program("onramp-sim", {"record", "vacuum_grasp", "--set", "image_size=16"}, "/proc"), 1,
                 "error: cannot write in .: ");
  EXPECT_EQ(start("onramp-export", {run, "--out", "new/policy.pt"}).code, 0) << "its folder is made";
  EXPECT_TRUE(fs::exists(folder / "new" / "policy.pt"));
}

TEST_F(Programs, EvalScoresARun) {
  const auto scored = start("onramp-eval", {run, "--episodes", "4", "--batch", "2", "--json", "result.json"});
  ASSERT_EQ(scored.code, 0) << scored.err;
  const auto json = nlohmann::json::parse(read_file(folder / "result.json"));
  EXPECT_EQ(json.at("seeds"), (nlohmann::json{0, 1, 2, 3}));
  EXPECT_NE(scored.out.find(json.at("policy_hash").get<std::string>()), std::string::npos)
      << "the hash of what was scored";
  EXPECT_EQ(json.at("policy"), (whole_run().run / "policies" / "online").string());
  EXPECT_EQ(json.at("phase"), "online");
  EXPECT_EQ(json.at("step"), 5);
  EXPECT_EQ(json.at("task").at("type"), "vacuum_grasp");
  EXPECT_EQ(json.at("task").at("image_size"), 16);
  EXPECT_EQ(json.at("task").at("images"), true);
  EXPECT_EQ(json.at("task").at("item_spread_m").size(), 2u);
  EXPECT_EQ(json.at("settings"), (nlohmann::json{{"episodes", 4}, {"first_seed", 0}, {"batch", 2}, {"act", "mode"}}));
  // The run's own evaluation met the same situations.
  const auto rows = nlohmann::json::parse(whole_run().contents.at("results.json")).at("policies");
  EXPECT_EQ(json.at("returns"), rows.at(2).at("returns"));
  EXPECT_EQ(json.at("policy_hash"), rows.at(2).at("policy_hash"));
}

TEST_F(Programs, EvalScoresAnyPolicyOrCheckpointElsewhereToo) {
  for (const auto& path :
       {whole_run().run / "policies" / "cloning", list_checkpoints(whole_run().run / "checkpoints").back()}) {
    const auto scored =
        start("onramp-eval", {path.string(), "--episodes", "1", "--first-seed", "7", "--set", "items=blue", "--set",
                              "max_steps=5", "--video", "film.mp4", "--video-episodes", "1"});
    EXPECT_EQ(scored.code, 0) << scored.err;
    EXPECT_GT(fs::file_size(folder / "film.mp4"), 500u);
  }
}

TEST_F(Programs, EvalRefusesWhatItCannotScore) {
  expect_refused(start("onramp-eval", {"nowhere"}), 1, "nowhere");
  expect_refused(start("onramp-eval", {run + "/episodes"}), 1, "no policy in it");
  expect_refused(start("onramp-eval", {run, "--set", "itms=blue"}), 2, "did you mean 'items'?");
  expect_refused(start("onramp-eval", {run, "--episodes", "0"}), 2, "--episodes: want a whole number >= 1, got 0");
  expect_refused(start("onramp-eval", {run, "--video", "film.avi"}), 2,
                 "--video: want a file's name that ends in .mp4");
  fs::create_directory(folder / "results.json");
  expect_refused(start("onramp-eval", {run, "--json", "results.json"}), 2, "results.json: it is a folder; name a file");
  expect_refused(start("onramp-eval", {run, "--task", "vacum_grasp"}), 2, "no task 'vacum_grasp'; did you mean");
  fs::copy(whole_run().run / "policies" / "online", folder / "policy", fs::copy_options::recursive);
  fs::remove(folder / "policy" / "policy.safetensors");
  expect_refused(start("onramp-eval", {"policy"}), 1, "policy.safetensors is damaged");  // no weights, no score
}

TEST_F(Programs, EvalNamesTheSettingThatThePolicyCannotDoWith) {
  expect_refused(
      start("onramp-eval", {run, "--set", "items=blue", "--set", "image_size=32"}), 2,
      "error: --set image_size=32: the policy sees 'wrist' as uint8 [16, 16, 3], and vacuum_grasp shows it as "
      "uint8 [32, 32, 3]");
  expect_refused(start("onramp-eval", {run, "--set", "images=false"}), 2,
                 "--set images=false: the policy sees 'wrist', ");
  expect_refused(start("onramp-eval", {run, "--set", "view=scene"}), 2, "--set view=scene: the policy sees 'wrist', ");
  expect_refused(start("onramp-eval", {run, "--task", "vacuum_grasp"}), 2,
                 "--task vacuum_grasp: the policy sees 'wrist' as uint8 [16, 16, 3], and");
  expect_refused(start("onramp-sim", {"record", "vacuum_grasp", "--policy", run, "--set", "image_size=32"}), 2,
                 "the policy sees 'wrist' as ");
}

TEST_F(Programs, SayThatTheyWereInterrupted) {
  const auto interrupted = [&](const std::string& name, const std::vector<std::string>& arguments, int wait_ms) {
    Program program(name, arguments, folder.path(), {"OMP_NUM_THREADS=1"});
    EXPECT_TRUE(program.wait_until([&] { return program.catches_interrupt(); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    program.signal(SIGINT);
    const auto finished = program.wait();
    EXPECT_EQ(finished.code, 130) << finished.err;
    EXPECT_NE(finished.err.find("interrupted: stopping in order; press Ctrl-C again to stop at once"),
              std::string::npos);
    EXPECT_TRUE(names_in(folder.path()).empty()) << "neither a file nor half of one";
    return finished;
  };
  const std::vector<std::string> long_evaluation{run, "--episodes", "1000000", "--batch", "2", "--set", "max_steps=2"};
  auto with_file = long_evaluation;
  with_file.insert(with_file.end(), {"--json", "result.json"});
  const auto eval = interrupted("onramp-eval", with_file, 6000);
  const auto last = lines_of(eval.err).back();
  EXPECT_TRUE(last.starts_with("interrupted after ") && last.ends_with(" of 1000000 episodes; no file was written"))
      << last;
  EXPECT_NE(eval.out.find("online"), std::string::npos) << "the table of what is done\n" << eval.out;
  EXPECT_NE(eval.out.find("time_limit "), std::string::npos) << eval.out;

  const auto speed = interrupted("onramp-sim", {"speed", "vacuum_grasp", "--steps", "1000000000"}, 200);
  EXPECT_EQ(lines_of(speed.err).back(), "interrupted; there is nothing to say yet");
  const auto film = interrupted("onramp-sim",
                                {"record", "vacuum_grasp", "--policy", "random", "--episodes", "100000", "--set",
                                 "max_steps=2", "--set", "image_size=16", "--out", "film.mp4"},
                                1500);
  EXPECT_EQ(lines_of(film.err).back(), "interrupted; no film was written");
}

TEST_F(Programs, SimSaysWhatAnInterruptedMeasurementLacks) {
  Program speed("onramp-sim", {"speed", "vacuum_grasp", "--steps", "8000", "--set", "image_size=16"}, folder.path(),
                {"OMP_NUM_THREADS=1"});
  ASSERT_TRUE(speed.wait_until([&] { return !speed.out().empty(); })) << speed.err();
  speed.signal(SIGINT);
  const auto finished = speed.wait();
  EXPECT_EQ(finished.code, 130) << finished.err;
  EXPECT_NE(finished.out.find("steps/s in one thread"), std::string::npos) << finished.out;
  EXPECT_EQ(lines_of(finished.err).back(), "interrupted; without images it was not measured");
}

TEST_F(Programs, DataFindsTheEpisodesOfARunSound) {
  const auto sound = start("onramp-data", {"check", run + "/episodes"});
  EXPECT_EQ(sound.code, 0) << sound.out << sound.err;
  EXPECT_NE(sound.out.find("sound: 10 episodes"), std::string::npos) << sound.out;
  const auto info = start("onramp-data", {"info", run});
  EXPECT_EQ(info.code, 0) << info.err;
  fs::copy(whole_run().run / "episodes", folder / "episodes");
  write_file_atomic(folder / "episodes" / "000002.h5", std::string_view("damaged"));
  const auto faults = start("onramp-data", {"check", "episodes"});
  EXPECT_EQ(faults.code, 1);
  EXPECT_NE(faults.out.find("000002.h5"), std::string::npos) << faults.out << "the faults, one a line";
  EXPECT_EQ(faults.err, "error: " + faults.out) << "the one that there is";
}

TEST_F(Programs, SimListsDescribesMeasuresAndFilms) {
  const auto list = start("onramp-sim", {"list"});
  EXPECT_EQ(list.code, 0) << list.err;
  EXPECT_NE(list.out.find("vacuum_grasp"), std::string::npos);
  const auto spec = start("onramp-sim", {"spec", "vacuum_grasp"});
  EXPECT_EQ(spec.code, 0) << spec.err;
  EXPECT_NE(spec.out.find("uint8 [64, 64, 3]"), std::string::npos) << spec.out;
  const auto speed = start("onramp-sim", {"speed", "vacuum_grasp", "--steps", "20"});
  EXPECT_EQ(speed.code, 0) << speed.err;
  EXPECT_NE(speed.out.find("steps/s"), std::string::npos);
  for (const std::string& policy : {std::string("expert"), std::string("random"), run}) {
    SCOPED_TRACE(policy);
    std::vector<std::string> arguments{"record", "vacuum_grasp", "--policy",    policy,  "--episodes",
                                       "1",      "--set",        "max_steps=4", "--out", "film.mp4"};
    // A trained policy brings its run's settings along: it could not act on pictures of another size.
    if (policy != run) arguments.insert(arguments.end(), {"--set", "image_size=16"});
    const auto film = start("onramp-sim", arguments);
    EXPECT_EQ(film.code, 0) << film.err;
    EXPECT_GT(fs::file_size(folder / "film.mp4"), 500u);
  }
  expect_refused(start("onramp-sim", {"record", "vacum_grasp"}), 2,
                 "no task 'vacum_grasp'; did you mean 'vacuum_grasp'?");
  expect_refused(start("onramp-sim", {"record", "vacuum_grasp", "--policy", "expret"}), 2, "did you mean 'expert'?");
  expect_refused(start("onramp-sim", {"record", "vacuum_grasp", "--policy", "runs/nothing"}), 2,
                 "no such run or policy");
  expect_refused(start("onramp-sim", {"record", "vacuum_grasp", "--policy", run, "--policy-set", "noise=0"}), 2,
                 "a trained policy has no settings");
  expect_refused(start("onramp-sim", {"record", "vacuum_grasp", "--policy-set", "nois=0"}), 2,
                 "error: --policy-set nois=0: ");
  expect_refused(start("onramp-sim", {"record", "vacuum_grasp", "--policy-set", "noise"}), 2,
                 "--policy-set noise: want --policy-set key.key=value");
}

}  // namespace
}  // namespace onramp::test
