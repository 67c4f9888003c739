// Damaged HDF5 files of strangers: each is read, or refused with one clear line, and this process lives on. The HDF5
// library does crash on some; then a child did. scripts/fuzz.sh hdf5 runs the long form.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "onramp/base/atomic_file.h"
#include "onramp/base/clock.h"
#include "onramp/base/error.h"
#include "onramp/base/progress.h"
#include "onramp/data/check.h"
#include "onramp/data/convert.h"
#include "onramp/data/d4rl_reader.h"
#include "onramp/data/replay_source.h"
#include "onramp/data/store/episode_file.h"
#include "onramp/data/store/episode_store.h"
#include "support/d4rl_files.h"
#include "support/mutants.h"
#include "support/same_episode.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;

/// A file to damage, and everything that reads such files.
struct Sample {
  std::string name;
  std::vector<std::byte> bytes;
  std::function<void(const fs::path&)> read;
  std::string metadata = {};  ///< of Minari: lies beside the file
};

std::vector<std::byte> bytes_of(const fs::path& path) {
  const std::string text = read_file(path);
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// Whatever a run does with episodes that it has read.
void use(const std::vector<Episode>& episodes) {
  if (episodes.empty()) return;
  Replay replay(episodes.front().observation_spec, episodes.front().action_spec);
  replay.add_source("offline");
  for (const auto& episode : episodes) replay.add(episode, {"offline"});
}

/// As a run reads the files of others.
void read_all(const fs::path& path) {
  const auto source = open_data(path, DataOptions::as_recorded());
  std::vector<Episode> episodes;
  for (int64_t i = 0; i < source->episodes(); ++i) episodes.push_back(source->read(i));
  use(episodes);
}

std::vector<Sample> samples() {
  const test::TemporaryFolder folder;
  std::vector<Sample> all;
  const auto read_flat = [](const fs::path& path) { use(read_d4rl(path, {.reward = D4rlReward::kFile})); };
  test::write_d4rl(folder / "flat.h5", test::make_d4rl());
  all.push_back({"D4RL, made up", bytes_of(folder / "flat.h5"), read_flat});
  for (const char* name : {"door_human.hdf5", "pen_expert.hdf5"}) {
    if (const auto real = test::real_data(name)) all.push_back({name, bytes_of(*real), read_flat});
  }
  // As another program writes it: our own head would tell the damage before the HDF5 library sees the file.
  const auto episode = encode_episode(test::make_episode(12, EndReason::kSuccess, 3));
  all.push_back({"episode without its head", {episode.begin() + 512, episode.end()}, [](const fs::path& path) {
                   use({read_episode(path)});
                 }});
  all.push_back({"episode", episode, [](const fs::path& path) { use({read_episode(path)}); }});
  // Small ones: what a mutant costs is what it costs to read it.
  EpisodeStore store(folder / "own");
  for (const auto& rich : test::rich_episodes(2)) store.append(rich);
  const auto convert = [&](DataFormat format, const std::string& name) {
    const auto source = open_data(folder / "own", DataOptions::as_recorded());
    convert_data(*source, folder / name, format, false);
    return folder / name;
  };
  all.push_back({"robomimic", bytes_of(convert(DataFormat::kRobomimic, "robomimic.h5")), read_all});
  const auto minari = convert(DataFormat::kMinari, "minari") / "data";
  all.push_back({"Minari", bytes_of(minari / "main_data.hdf5"), read_all, read_file(minari / "metadata.json")});
  return all;
}

struct Count {
  int64_t read = 0, refused = 0, crashed_child = 0;
  std::string line(const std::string& name, const std::string& more) const {
    return fmt::format("{:<26} {:6} mutants: {:6} read, {:6} refused ({} of them crashed the child), {}\n", name,
                       read + refused, read, refused, crashed_child, more);
  }
};

/// @return the message, or "" when it was read
std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Hdf5Mutants, AreReadOrRefusedWithOneClearLine) {
  const char* wanted = std::getenv("ONRAMP_MUTANTS");
  const int64_t mutants = wanted ? std::atoll(wanted) : 200;
  const test::TemporaryFolder folder;
  const auto path = folder / "mutant.h5";
  const auto all = samples();
  Count total;
  std::string lines;
  int64_t number = 0;
  const SteadyClock clock;
  Progress progress(clock);
  if (wanted) progress.begin("mutants", mutants);
  for (size_t s = 0; s < all.size(); ++s) {
    const auto& sample = all[s];
    const auto structures = test::hdf5_structures(sample.bytes);
    fs::remove(folder / "metadata.json");
    if (!sample.metadata.empty()) write_file_atomic(folder / "metadata.json", sample.metadata);
    write_file_atomic(path, sample.bytes);
    ASSERT_EQ(message_of([&] { sample.read(path); }), "") << sample.name << " is sound before it is damaged";
    const auto began = std::chrono::steady_clock::now();
    Count count;
    const int64_t share =
        (mutants + static_cast<int64_t>(all.size() - s) - 1 - number) / static_cast<int64_t>(all.size() - s);
    for (int64_t i = 0; i < share; ++i, ++number) {
      if (wanted) progress.update(number);
      Rng rng = RandomStream(17, sample.name).at(static_cast<uint64_t>(i));
      const auto damaged = test::mutant(sample.bytes, structures, rng);
      std::ofstream(path, std::ios::binary)
          .write(reinterpret_cast<const char*>(damaged.data()), static_cast<std::streamsize>(damaged.size()));
      const std::string message = message_of([&] { sample.read(path); });
      message.empty() ? ++count.read : ++count.refused;
      count.crashed_child += message.find("the HDF5 library crashed on it") != std::string::npos;
      if (!message.empty()) {
        EXPECT_TRUE(message.starts_with(path.string() + ": ") || message.starts_with("episode: ")) << message;
      }
      EXPECT_EQ(std::count_if(message.begin(), message.end(), [](char c) { return uint8_t(c) < 0x20 || c == 0x7F; }), 0)
          << message << "\nof mutant " << i << " of " << sample.name;
      if (wanted || i % 10 == 0) {  // what onramp-data says of it
        EXPECT_EQ(message_of([&] { (void)inspect_data(path); }), "") << "mutant " << i << " of " << sample.name;
      }
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    lines += count.line(sample.name, fmt::format("{:.1f} s", seconds));
    EXPECT_GT(count.read, 0) << sample.name;
    EXPECT_GT(count.refused, 0) << sample.name;
    total.read += count.read;
    total.refused += count.refused;
    total.crashed_child += count.crashed_child;
  }
  if (wanted) (void)progress.finish();
  std::printf("%s%s", lines.c_str(), total.line("all", "0 crashes here").c_str());
  EXPECT_GE(total.read + total.refused, mutants);
  EXPECT_GT(total.refused, mutants / 4);  // it is damage
  EXPECT_GT(total.read, 0);               // and not all of it matters
}

}  // namespace
}  // namespace onramp
