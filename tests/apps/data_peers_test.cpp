// robomimic's and Minari's own code reads what onramp writes, and the other way round; h5py reads all of it.
// The environments are made by scripts/setup_peers.sh.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/program.h"
#include "onramp/data/data_source.h"
#include "onramp/data/store/episode_store.h"
#include "support/same_episode.h"
#include "test_paths.h"

namespace onramp::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct DataPeers : ::testing::Test {
  static fs::path peer_folder(const std::string& peer) {
    return fs::path(ONRAMP_SOURCE_DIR) / ".deps" / "peers" / peer;
  }
  static std::string interpreter(const std::string& peer) { return (peer_folder(peer) / "bin" / "python").string(); }
  static bool has(const std::string& peer) { return fs::exists(peer_folder(peer) / "pins"); }

  /// What a script of tests/apps/peers prints.
  json ask(const std::string& python, const std::string& script, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-W", "ignore", ONRAMP_SOURCE_DIR "/tests/apps/peers/" + script});
    const auto done = run_program(python, arguments, folder.path());  // an absolute name stands for itself
    EXPECT_EQ(done.code, 0) << script << ": " << done.err;
    return json::parse(done.out, nullptr, /*allow_exceptions=*/false);
  }
  void convert(const std::string& to, const std::string& format) {
    EpisodeStore store(folder / "own");
    if (!store.highest()) {
      for (const auto& episode : episodes) store.append(episode);
    }
    const auto done = run_program("onramp-data", {"convert", "own", to, "--to", format}, folder.path());
    ASSERT_EQ(done.code, 0) << done.err;
  }
  static std::vector<float> row(const std::vector<float>& values, int64_t t, int64_t width) {
    return {values.begin() + t * width, values.begin() + (t + 1) * width};
  }
  static std::vector<float> row(const std::vector<uint8_t>& values, int64_t t, int64_t width) {
    return {values.begin() + t * width, values.begin() + (t + 1) * width};
  }
  TemporaryFolder folder;
  std::vector<Episode> episodes = rich_episodes();
};
#define NEEDS_PEER(name) \
  if (!has(name)) GTEST_SKIP() << "there is no Python environment with " name "; make it with scripts/setup_peers.sh"

TEST_F(DataPeers, RobomimicReadsWhatWeWrite) {
  NEEDS_PEER("robomimic");
  episodes[1].meta["filter_keys"] = R"(["train"])";
  episodes[4].meta["filter_keys"] = R"(["train","valid"])";
  convert("file.hdf5", "robomimic");
  const json all =
      ask(interpreter("robomimic"), "read_robomimic.py", {"file.hdf5", "-", "state", "wrist", "scene.top"});
  ASSERT_EQ(all.at("samples").size(), 33u);  // 3 + 4 + ... + 8
  size_t i = 0;
  for (const auto& episode : episodes) {
    for (int64_t t = 0; t < episode.length(); ++t, ++i) {
      const auto& sample = all["samples"][i];
      EXPECT_EQ(sample["actions"].get<std::vector<float>>(), row(episode.action, t, 2));
      EXPECT_EQ(sample["rewards"][0].get<float>(), episode.reward[static_cast<size_t>(t)]);
      EXPECT_EQ(sample["dones"][0].get<double>() != 0, t + 1 == episode.length() && episode.terminal());
      EXPECT_EQ(sample["obs"]["state"].get<std::vector<float>>(), row(episode.vectors.at("state"), t, 3));
      EXPECT_EQ(sample["next_obs"]["state"].get<std::vector<float>>(), row(episode.vectors.at("state"), t + 1, 3));
      EXPECT_EQ(sample["obs"]["wrist"].get<std::vector<float>>(), row(episode.images.at("wrist"), t, 60));
      EXPECT_EQ(sample["next_obs"]["scene.top"].get<std::vector<float>>(),
                row(episode.images.at("scene/top"), t + 1, 72));
    }
  }
  const json train = ask(interpreter("robomimic"), "read_robomimic.py", {"file.hdf5", "train", "state"});
  EXPECT_EQ(train.at("demos"), (json{"demo_1", "demo_4"}));
}

TEST_F(DataPeers, WeReadWhatRobomimicReads) {
  NEEDS_PEER("robomimic");
  const json seen = ask(interpreter("robomimic"), "write_robomimic.py", {"file.hdf5"});
  const auto source = open_data(folder / "file.hdf5", DataOptions::as_recorded());
  ASSERT_EQ(source->episodes(), 3);
  size_t i = 0;
  for (int64_t e = 0; e < 3; ++e) {
    const Episode episode = source->read(e);
    EXPECT_EQ(episode.end, e == 1 ? EndReason::kTimeLimit : EndReason::kSuccess);
    EXPECT_EQ(episode.meta.at("filter_keys"), e == 1 ? R"(["valid"])" : R"(["train"])");
    EXPECT_EQ(episode.extra.at("states").width, 7);
    for (int64_t t = 0; t < episode.length(); ++t, ++i) {
      EXPECT_EQ(seen["actions"][i].get<std::vector<float>>(), row(episode.action, t, 2));
      EXPECT_EQ(seen["rewards"][i].get<float>(), episode.reward[static_cast<size_t>(t)]);
      for (const std::string when : {"obs", "next_obs"}) {
        const int64_t at = when == "obs" ? t : t + 1;
        EXPECT_EQ(seen[when]["robot0_eef_pos"][i].get<std::vector<float>>(),
                  row(episode.vectors.at("robot0_eef_pos"), at, 3));
        EXPECT_EQ(seen[when]["agentview_image"][i].get<std::vector<float>>(),
                  row(episode.images.at("agentview_image"), at, 192));
      }
    }
  }
  EXPECT_EQ(i, 15u);
  const auto checked = run_program("onramp-data", {"check", "file.hdf5"}, folder.path());
  EXPECT_EQ(checked.code, 0) << checked.out;
}

TEST_F(DataPeers, MinariReadsWhatWeWrite) {
  NEEDS_PEER("minari");
  convert("set", "minari");
  const json seen = ask(interpreter("minari"), "read_minari.py", {"set"});
  EXPECT_EQ(seen.at("total_steps"), 33);
  EXPECT_EQ(seen["seeds"][0], "18446744073709551615");
  ASSERT_EQ(seen["episodes"].size(), episodes.size());
  for (size_t e = 0; e < episodes.size(); ++e) {
    const auto& episode = episodes[e];
    const auto& got = seen["episodes"][e];
    EXPECT_EQ(got["terminations"].back().get<bool>(), episode.terminal());
    EXPECT_EQ(got["truncations"].back().get<bool>(), !episode.terminal());
    ASSERT_EQ(got["observations"]["state"].size(), static_cast<size_t>(episode.length() + 1));
    for (int64_t t = 0; t <= episode.length(); ++t) {
      const auto at = static_cast<size_t>(t);
      EXPECT_EQ(got["observations"]["state"][at].get<std::vector<float>>(), row(episode.vectors.at("state"), t, 3));
      EXPECT_EQ(got["observations"]["scene"]["top"][at].get<std::vector<float>>(),
                row(episode.images.at("scene/top"), t, 72));
      if (t < episode.length()) {
        EXPECT_EQ(got["actions"][at].get<std::vector<float>>(), row(episode.action, t, 2));
        EXPECT_EQ(got["rewards"][at].get<float>(), episode.reward[at]);
      }
    }
  }
}

TEST_F(DataPeers, WeReadWhatMinariWrites) {
  NEEDS_PEER("minari");
  ask(interpreter("minari"), "write_minari.py", {"."});
  for (const std::string name : {"pendulum-v0", "camera-v0"}) {
    const json seen = ask(interpreter("minari"), "read_minari.py", {name});
    const auto source = open_data(folder / name, DataOptions::as_recorded());
    ASSERT_EQ(source->episodes(), std::ssize(seen["episodes"]));
    for (int64_t e = 0; e < source->episodes(); ++e) {
      const Episode episode = source->read(e);
      const auto& want = seen["episodes"][static_cast<size_t>(e)];
      EXPECT_EQ(episode.meta.at("seed"), seen["seeds"][static_cast<size_t>(e)].get<std::string>());
      for (int64_t t = 0; t <= episode.length(); ++t) {
        const auto at = static_cast<size_t>(t);
        if (name == "pendulum-v0") {
          EXPECT_EQ(want["observations"][at].get<std::vector<float>>(), row(episode.vectors.at("state"), t, 3));
          if (t < episode.length()) {  // from [-2, 2]
            EXPECT_NEAR(want["actions"][at][0].get<double>(), 2.0 * episode.action[at], 1e-6);
          }
          continue;
        }
        EXPECT_EQ(want["observations"]["arm"]["pose"][at].get<std::vector<float>>(),
                  row(episode.vectors.at("arm/pose"), t, 4));
        const auto camera = row(episode.images.at("camera"), t, 48 * 64 * 3);
        const auto decoded = want["observations"]["camera"][at].get<std::vector<float>>();
        ASSERT_EQ(camera.size(), decoded.size());
        float most = 0;  // two JPEG libraries may round differently
        for (size_t i = 0; i < camera.size(); ++i) most = std::max(most, std::abs(camera[i] - decoded[i]));
        EXPECT_LE(most, 2.0F);
      }
      if (name == "camera-v0") {
        constexpr EndReason kEnds[] = {EndReason::kSuccess, EndReason::kFailure, EndReason::kTimeLimit};
        EXPECT_EQ(episode.end, kEnds[e]);
        EXPECT_EQ(episode.extra.at("infos/speed").values.size(), static_cast<size_t>(episode.length()));
      } else {
        EXPECT_EQ(episode.end, EndReason::kTimeLimit);
        EXPECT_EQ(episode.length(), 30);
      }
    }
    const auto checked = run_program("onramp-data", {"check", name}, folder.path());
    EXPECT_EQ(checked.code, 0) << checked.out;
  }
}

TEST_F(DataPeers, H5pyReadsWhatWeWriteInD4rlsLayout) {
  convert("flat.hdf5", "d4rl");
  const json seen = ask("/usr/bin/python3", "read_d4rl.py", {"flat.hdf5"});
  ASSERT_EQ(seen.at("observations").size(), 33u);
  size_t i = 0;
  for (const auto& episode : episodes) {
    for (int64_t t = 0; t < episode.length(); ++t, ++i) {
      const bool last = t + 1 == episode.length();
      for (const std::string when : {"observations", "next_observations"}) {
        const int64_t at = when == "observations" ? t : t + 1;
        auto want = row(episode.vectors.at("state"), at, 3);  // then the other vector that is not privileged
        want.push_back(episode.vectors.at("arm/force")[static_cast<size_t>(at)]);
        EXPECT_EQ(seen[when][i].get<std::vector<float>>(), want);
      }
      EXPECT_EQ(seen["actions"][i].get<std::vector<float>>(), row(episode.action, t, 2));
      EXPECT_EQ(seen["rewards"][i].get<float>(), episode.reward[static_cast<size_t>(t)]);
      EXPECT_EQ(seen["terminals"][i].get<bool>(), last && episode.terminal());
      EXPECT_EQ(seen["timeouts"][i].get<bool>(), last && !episode.terminal());
      EXPECT_EQ(seen["infos/success"][i].get<bool>(), episode.success[static_cast<size_t>(t)] != 0);
    }
  }
  EXPECT_EQ(seen["dtypes"]["terminals"], "bool");
  EXPECT_EQ(seen["dtypes"]["observations"], "float32");
  EXPECT_EQ(seen["dtypes"]["onramp/observations/wrist"], "uint8");
}

}  // namespace
}  // namespace onramp::test
