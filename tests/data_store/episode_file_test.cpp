#include "onramp/data/store/episode_file.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/random.h"
#include "onramp/data/store/hdf5_file.h"
#include "support/disk_faults.h"
#include "support/episodes.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::make_episode;
using test::TemporaryFolder;

/// Bits, so that NaN equals itself and 0 differs from -0.
std::vector<uint32_t> bits(const std::vector<float>& values) {
  std::vector<uint32_t> out;
  for (const float v : values) out.push_back(std::bit_cast<uint32_t>(v));
  return out;
}

void expect_equal(const Episode& a, const Episode& b) {
  EXPECT_EQ(a.observation_spec, b.observation_spec);
  EXPECT_EQ(a.action_spec, b.action_spec);
  ASSERT_EQ(a.vectors.size(), b.vectors.size());
  for (const auto& [name, values] : a.vectors) EXPECT_EQ(bits(values), bits(b.vectors.at(name))) << name;
  EXPECT_EQ(a.images, b.images);
  EXPECT_EQ(bits(a.action), bits(b.action));
  EXPECT_EQ(bits(a.executed_action), bits(b.executed_action));
  EXPECT_EQ(bits(a.reward), bits(b.reward));
  EXPECT_EQ(a.success, b.success);
  ASSERT_EQ(a.extra.size(), b.extra.size());
  for (const auto& [name, column] : a.extra) {
    EXPECT_EQ(column.width, b.extra.at(name).width);
    EXPECT_EQ(bits(column.values), bits(b.extra.at(name).values));
  }
  EXPECT_EQ(a.end, b.end);
  EXPECT_EQ(a.safety_stop_is_terminal, b.safety_stop_is_terminal);
  EXPECT_EQ(a.meta, b.meta);
}

Episode rich_episode() {
  auto episode = make_episode(7, EndReason::kSafetyStop, 3);
  episode.safety_stop_is_terminal = true;
  episode.vectors["state"][4] =
      std::numeric_limits<float>::quiet_NaN();  // a file keeps what happened; check reports it
  episode.vectors["state"][5] = -0.0F;
  episode.observation_spec.entries[0].low = -std::numeric_limits<double>::infinity();
  episode.observation_spec.entries.push_back({.name = "item", .shape = {2}, .privileged = true});
  episode.vectors["item"].assign(16, 1.0F / 3.0F);
  episode.extra["gate/values"] = {2, std::vector<float>(14, 0.1F)};
  episode.meta["note"] =
      "line one\nline \"two\", Gr\xc3\xbc\xc3\x9f"
      "e";
  return episode;
}

TEST(EpisodeFile, GivesBackEveryBit) {
  TemporaryFolder folder;
  const auto episode = rich_episode();
  write_episode(folder / "e.h5", episode);
  expect_equal(episode, read_episode(folder / "e.h5"));
  EXPECT_EQ(encode_episode(episode), encode_episode(episode));  // the same episode, the same bytes
}

TEST(EpisodeFile, KeepsAnEpisodeWithoutSteps) {
  TemporaryFolder folder;
  const auto episode = make_episode(0, EndReason::kCommsLoss);
  write_episode(folder / "e.h5", episode);
  EXPECT_EQ(read_episode(folder / "e.h5").vectors.at("state").size(), 3U);
}

TEST(EpisodeFile, KeepsEveryEndReason) {
  for (size_t reason = 0; reason < kEndReasonNames.size(); ++reason) {
    const auto bytes = encode_episode(make_episode(2, static_cast<EndReason>(reason)));
    EXPECT_EQ(decode_episode(bytes, "e").end, static_cast<EndReason>(reason));
  }
}

TEST(EpisodeFile, RefusesAnEpisodeThatContradictsItself) {
  auto episode = make_episode(3, EndReason::kTimeLimit);
  episode.action.pop_back();
  expect_throws<DataError>([&] { (void)encode_episode(episode); }, "'actions' has 5 values, want 6 for 3 steps");
  episode = make_episode(3, EndReason::kTimeLimit);
  episode.extra["/bad"] = {1, {0, 0, 0}};
  expect_throws<DataError>([&] { (void)encode_episode(episode); }, "'/bad' cannot be the name of an entry");
}

TEST(EpisodeFile, NamesADamagedOrHalfWrittenFile) {
  TemporaryFolder folder;
  const auto bytes = encode_episode(make_episode(5, EndReason::kSuccess));
  const auto path = folder / "000004.h5";
  Rng rng = RandomStream(1, "damage").at(0);
  for (int i = 0; i < 200; ++i) {
    auto damaged = bytes;
    if (i % 2 == 0) {
      damaged.resize(static_cast<size_t>(rng.below(static_cast<int64_t>(bytes.size()))));
    } else {
      auto& byte = damaged[static_cast<size_t>(rng.below(static_cast<int64_t>(bytes.size())))];
      byte ^= std::byte{static_cast<uint8_t>(1 + rng.below(255))};
    }
    const auto text = std::string_view(reinterpret_cast<const char*>(damaged.data()), damaged.size());
    if (!text.starts_with("onramp-episode 1\n")) continue;  // read as another program's: guarded_read_test
    expect_throws<DataError>([&] { (void)decode_episode(damaged, path.string()); },
                             path.string() + ": is damaged or half-written");
  }
  write_file_atomic(path, std::string_view(""));
  expect_throws<DataError>([&] { (void)read_episode(path); }, path.string() + ": is empty");
  expect_throws<IoError>([&] { (void)read_episode(folder / "none.h5"); }, "none.h5");
}

TEST(EpisodeFile, ReadsTheLayoutFromOtherPrograms) {
  TemporaryFolder folder;
  const auto bytes = encode_episode(make_episode(5, EndReason::kSuccess, 2));
  // The HDF5 part alone, as another library would write it.
  write_file_atomic(folder / "e.h5", std::span(bytes).subspan(512));
  expect_equal(make_episode(5, EndReason::kSuccess, 2), read_episode(folder / "e.h5"));
  write_file_atomic(folder / "text.h5", std::string_view("no HDF5 at all"));
  expect_throws<DataError>([&] { (void)read_episode(folder / "text.h5"); }, "text.h5: is not a readable HDF5 file");
}

TEST(EpisodeFile, IsToldFromOtherFiles) {
  TemporaryFolder folder;
  const auto bytes = encode_episode(make_episode(2, EndReason::kSuccess));
  write_file_atomic(folder / "ours.h5", bytes);
  write_file_atomic(folder / "theirs.h5", std::span(bytes).subspan(512));
  {
    Hdf5Writer writer;
    writer.attribute("format", "another");
    write_file_atomic(folder / "other.h5", writer.image());
  }
  EXPECT_TRUE(is_episode_file(folder / "ours.h5"));
  EXPECT_TRUE(is_episode_file(folder / "theirs.h5"));
  EXPECT_FALSE(is_episode_file(folder / "other.h5"));
}

TEST(EpisodeFile, RefusesANewerFormat) {
  TemporaryFolder folder;
  std::vector<std::byte> image;
  {
    Hdf5Writer writer;
    writer.attribute("format", "onramp episode");
    writer.attribute("format_version", int64_t{kEpisodeFormatVersion + 1});
    image = writer.image();
  }
  write_file_atomic(folder / "e.h5", image);
  expect_throws<DataError>([&] { (void)read_episode(folder / "e.h5"); },
                           "has format version 2, this program reads up to 1; use a newer onramp");
}

/// What reading says of a file of another program with that description and length.
std::string refusal(const std::string& spec, int64_t length, const std::string& end = "success",
                    const std::string& extra = "{}") {
  TemporaryFolder folder;
  std::vector<std::byte> image;
  {
    Hdf5Writer writer;
    writer.attribute("format", "onramp episode");
    writer.attribute("format_version", int64_t{kEpisodeFormatVersion});
    writer.attribute("spec", spec);
    writer.attribute("end", end);
    writer.attribute("safety_stop_is_terminal", int64_t{0});
    writer.attribute("meta", "{}");
    writer.attribute("length", length);
    writer.attribute("extra", extra);
    writer.write("actions", std::vector<float>(4), {2, 2});
    writer.write("executed_actions", std::vector<float>(4), {2, 2});
    writer.write("rewards", std::vector<float>(2), {2});
    writer.write("success", std::vector<uint8_t>(2), {2});
    image = writer.image();
  }
  write_file_atomic(folder / "e.h5", image);
  try {
    (void)read_episode(folder / "e.h5");
  } catch (const DataError& error) {
    const std::string message = error.what();
    for (const char c : message) EXPECT_GE(static_cast<uint8_t>(c), 0x20) << message;
    return message.substr((folder / "e.h5").string().size());
  }
  return "";
}

std::string spec_text(const std::string& entries, const std::string& dim = "2") {
  return R"({"observation": [)" + entries + R"(], "action": {"dim": )" + dim + R"(, "fields": []}})";
}

std::string entry_text(const std::string& name, const std::string& shape, const std::string& dtype = "float32") {
  return R"({"name": ")" + name + R"(", "dtype": ")" + dtype + R"(", "shape": )" + shape +
         R"(, "low": null, "high": 1, "privileged": false, "fields": []})";
}

TEST(EpisodeFile, BelievesNoSizeAndNoName) {
  EXPECT_EQ(refusal(spec_text(""), 2), "");
  EXPECT_EQ(refusal(spec_text(""), -1), ": length -1 has an impossible size");
  EXPECT_EQ(refusal(spec_text(""), std::numeric_limits<int64_t>::max()),
            ": length 9223372036854775807 has an impossible size");
  EXPECT_EQ(refusal(spec_text("", "-3"), 2), ": the action has an impossible size");
  EXPECT_EQ(refusal(spec_text(entry_text("a", "[4611686018427387904, 8, 0]")), 2),
            ": entry 'a' has an impossible size");
  EXPECT_EQ(refusal(spec_text(entry_text("a", "[1048576, 2097152]")), 2), ": entry 'a' has an impossible size");
  EXPECT_EQ(refusal(spec_text(""), 2, "success", R"({"c": -1})"), ": column 'c' has an impossible size");
  EXPECT_EQ(refusal(spec_text(entry_text("a", "[1]") + "," + entry_text("a", "[1]")), 2),
            ": entry 'a' is described twice");
  EXPECT_EQ(refusal(spec_text(entry_text("a", "[1]", "int8")), 2), ": entry 'a' is neither uint8 nor float32");
  EXPECT_EQ(refusal(spec_text(""), 2, "won\nit"), ": unknown end reason 'won?it'");
  EXPECT_TRUE(
      refusal(spec_text(entry_text("a\\nb\\u001b[2J", "[1]")), 2).starts_with(": has no 'observations/a?b?[2J'"));
}

TEST(EpisodeFile, LeavesNothingBehindOnAFullDisk) {
  auto episode = make_episode(500, EndReason::kTimeLimit);
  Rng rng = RandomStream(1, "noise").at(0);
  for (auto& byte : episode.images["wrist"]) byte = static_cast<uint8_t>(rng());  // does not compress
  (void)encode_episode(episode);
  const auto result = test::run_on_small_disk("24k", [&](const std::filesystem::path& folder) -> std::string {
    try {
      write_episode(folder / "000000.h5", episode);
    } catch (const IoError& error) {
      const std::string message = error.what();
      if (message.find("000000.h5: no space left") == std::string::npos) return message;
      return test::names_in(folder).empty() ? "" : "something was left behind";
    }
    return "no error";
  });
  if (!result) GTEST_SKIP() << "this machine lets no test mount a small disk";
  EXPECT_EQ(*result, "");
}

TEST(EpisodeFile, LeavesTheOldEpisodeWhereTheNewOneDoesNotFit) {
  TemporaryFolder folder;
  const auto small = make_episode(1, EndReason::kFailure, 1);
  write_episode(folder / "e.h5", small);
  auto large = make_episode(2000, EndReason::kTimeLimit, 2);
  {
    const test::FileSizeLimit limit(20000);
    expect_throws<IoError>([&] { write_episode(folder / "e.h5", large); }, "e.h5");
  }
  expect_equal(small, read_episode(folder / "e.h5"));
  EXPECT_EQ(test::names_in(folder.path()), std::vector<std::string>{"e.h5"});
}

TEST(EpisodeFile, OpensInH5py) {
  if (std::system("/usr/bin/env python3 -c 'import h5py' 2>/dev/null") != 0 &&
      std::system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") != 0) {
    GTEST_SKIP() << "python3-h5py is not installed";
  }
  TemporaryFolder folder;
  write_episode(folder / "e.h5", make_episode(4, EndReason::kSuccess, 5));
  std::ofstream(folder / "look.py") << R"(
import h5py, json, sys
with h5py.File(sys.argv[1]) as f:
    assert f.attrs['format'] == 'onramp episode' and f.attrs['end'] == 'success', dict(f.attrs)
    assert f['observations/state'].shape == (5, 3) and f['observations/wrist'].shape == (5, 4, 5, 3)
    assert f['observations/state'][3, 1] == 3.0 and f['observations/wrist'][2, 0, 0, 1] == (31 * 5 + 7 * 2 + 1) % 256
    assert f['observations/wrist'].chunks == (1, 4, 5, 3)
    assert f['actions'].shape == (4, 2) and f['success'][-1] == 1 and f['extra/value'][2] == 2.25
    assert json.loads(f.attrs['spec'])['action']['fields'] == ['x_m', 'y_m']
    assert json.loads(f.attrs['meta'])['task'] == 'made up'
)";
  const auto command = (folder / "look.py").string() + " " + (folder / "e.h5").string();
  EXPECT_TRUE(std::system(("/usr/bin/env python3 " + command + " 2>/dev/null").c_str()) == 0 ||
              std::system(("/usr/bin/python3 " + command).c_str()) == 0);
}

}  // namespace
}  // namespace onramp
