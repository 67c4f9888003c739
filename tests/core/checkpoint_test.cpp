#include "onramp/core/checkpoint.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <limits>
#include <string>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/hash.h"
#include "onramp/base/random.h"
#include "support/disk_faults.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"
#include "test_paths.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::expect_throws;
using test::names_in;
using Names = std::vector<std::string>;

Parts example(double value = 0.5) {
  Parts parts;
  parts["agent/critic"].tensors = {{"weight", at::full({4, 3}, value)}, {"bias", at::arange(3, at::kFloat)}};
  parts["agent/critic"].host = {{"updates", 12}};
  parts["sampler"].host = {{"counter", std::numeric_limits<uint64_t>::max()}, {"rate", 0.1}};
  parts["empty"];
  return parts;
}

const CheckpointInfo kInfo{"abcdef0123456789", {{"phase", "online"}, {"step", 1200}}, "cpu"};

void write_plain(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

TEST(Checkpoint, ReadsBackWhatWasWritten) {
  const test::TemporaryFolder folder;
  write_checkpoint(folder / "c", example(), kInfo);
  EXPECT_EQ(names_in(folder.path()), Names{"c"});
  EXPECT_EQ(names_in(folder / "c"), (Names{"agent--critic.json", "agent--critic.safetensors", "empty.safetensors",
                                           "manifest.json", "sampler.json", "sampler.safetensors"}));
  const auto read = read_checkpoint(folder / "c");
  EXPECT_EQ(read.manifest.at("extra"), kInfo.extra);
  EXPECT_EQ(read.manifest.at("config_hash"), kInfo.config_hash);
  ASSERT_EQ(read.parts.size(), 3u);
  const auto& critic = require_part(read.parts, "agent/critic");
  EXPECT_TRUE(at::equal(require_tensor("agent/critic", critic, "weight"), at::full({4, 3}, 0.5)));
  EXPECT_EQ(require_host<int>("agent/critic", critic, "updates"), 12);
  EXPECT_EQ(require_host<uint64_t>("sampler", read.parts.at("sampler"), "counter"),
            std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(require_host<double>("sampler", read.parts.at("sampler"), "rate"), 0.1);
  EXPECT_TRUE(read.parts.at("empty").host.is_null());
}

TEST(Checkpoint, EqualStateGivesEqualBytes) {
  const test::TemporaryFolder folder;
  write_checkpoint(folder / "a", example(), kInfo);
  write_checkpoint(folder / "b", example(), kInfo);
  for (const auto& name : names_in(folder / "a")) {
    EXPECT_EQ(read_file(folder.path() / "a" / name), read_file(folder.path() / "b" / name)) << name;
  }
}

TEST(Checkpoint, NamesWhatIsMissing) {
  const Parts parts = example();
  expect_throws<CheckpointError>([&] { require_part(parts, "actor"); },
                                 "the checkpoint has no part 'actor' (it has: agent/critic, empty, sampler)");
  const auto& critic = parts.at("agent/critic");
  expect_throws<CheckpointError>([&] { require_tensor("agent/critic", critic, "gain"); },
                                 "part 'agent/critic' of the checkpoint has no tensor 'gain' (it has: bias, weight)");
  expect_throws<CheckpointError>([&] { require_host<int>("agent/critic", critic, "draws"); }, "has no value 'draws'");
  expect_throws<CheckpointError>([&] { require_host<std::string>("agent/critic", critic, "updates"); },
                                 "value 'updates' is of another kind (number)");
  PartState odd{{}, {{"half", 1.5}, {"minus", -1}, {"large", 300}}};
  EXPECT_THROW(require_host<int>("p", odd, "half"), CheckpointError);
  EXPECT_THROW(require_host<uint64_t>("p", odd, "minus"), CheckpointError);
  EXPECT_THROW(require_host<uint8_t>("p", odd, "large"), CheckpointError);
  EXPECT_EQ(require_host<int64_t>("p", odd, "minus"), -1);
  EXPECT_EQ(require_host<double>("p", odd, "large"), 300.0);
}

TEST(Checkpoint, RefusesWhatItCouldNotReadBack) {
  const test::TemporaryFolder folder;
  const auto write = [&](const std::string& name, json host) {
    Parts parts;
    parts[name].host = std::move(host);
    write_checkpoint(folder / "c", parts, kInfo);
  };
  for (const auto* name : {"", "../x", "a/../b", "/a", "a/", "a//b", "a b", ".a", "a--b", "manifest", "a\nb"}) {
    EXPECT_THROW(write(name, nullptr), std::logic_error) << name;
  }
  EXPECT_THROW(write("a", {{"best", {1.0, std::numeric_limits<double>::infinity()}}}), std::logic_error);
  EXPECT_THROW(write_checkpoint(folder / "c", {{"a", {{{"t", at::Tensor()}}, nullptr}}}, kInfo), std::logic_error);
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(Checkpoint, SaysWhatIsWrongWithAFolder) {
  const test::TemporaryFolder folder;
  expect_throws<CheckpointError>([&] { read_checkpoint(folder / "none"); }, "there is no checkpoint");
  fs::create_directory(folder / "half");
  expect_throws<CheckpointError>([&] { read_checkpoint(folder / "half"); },
                                 "half is no whole checkpoint (it has no manifest.json); use another checkpoint");
  write_plain(folder / "half/manifest.json", "{}");
  expect_throws<CheckpointError>([&] { read_checkpoint(folder / "half"); }, "is not the manifest of a checkpoint");
  write_plain(folder / "half/manifest.json", "");
  expect_throws<CheckpointError>([&] { read_checkpoint(folder / "half"); }, "manifest.json is damaged (no JSON");
  write_plain(folder / "half/manifest.json", R"({"format":"onramp-checkpoint","format_version":2,"parts":"new idea"})");
  expect_throws<CheckpointError>(
      [&] { read_checkpoint(folder / "half"); },
      "half was written by a newer onramp (format 2; this program reads up to 1); update onramp");
}

TEST(Checkpoint, NamesTheDamagedFile) {
  const test::TemporaryFolder folder;
  const auto damaged = [&](const std::string& file, const auto& damage, const std::string& message) {
    write_checkpoint(folder / "c", example(), kInfo);
    damage(folder.path() / "c" / file);
    expect_throws<CheckpointError>([&] { read_checkpoint(folder / "c"); }, file + " is damaged (" + message);
  };
  const auto flip = [](const fs::path& path) {
    auto text = read_file(path);
    text[text.size() - 3] ^= 1;
    write_plain(path, text);
  };
  const auto shorten = [](const fs::path& path) { fs::resize_file(path, fs::file_size(path) - 3); };
  const auto remove = [](const fs::path& path) { fs::remove(path); };
  damaged("agent--critic.safetensors", flip,
          "its SHA-256 is not the one in manifest.json); remove its folder to go on from the one before");
  damaged("agent--critic.safetensors", shorten, "it has ");
  damaged("agent--critic.safetensors", remove, "the file is missing");
  damaged("sampler.json", flip, "its SHA-256");
  damaged("sampler.json", remove, "the file is missing");
  damaged("manifest.json", shorten, "");
}

TEST(Checkpoint, SurvivesAManifestThatWasMadeToHarm) {
  const test::TemporaryFolder folder;
  write_checkpoint(folder / "c", example(), kInfo);
  const auto path = folder / "c/manifest.json";
  const json sound = json::parse(read_file(path));
  const auto read_with = [&](json manifest) {
    manifest.erase("sha256");
    manifest["sha256"] = sha256_hex(manifest.dump());
    write_plain(path, manifest.dump());
    read_checkpoint(folder / "c");
  };
  EXPECT_NO_THROW(read_with(sound));
  for (const auto& [key, value] : sound.items()) {
    if (key == "sha256") continue;
    auto manifest = sound;
    manifest.erase(key);
    EXPECT_THROW(read_with(manifest), CheckpointError) << key;
    manifest[key] = json::array({1});
    if (key == "extra") continue;  // any JSON
    EXPECT_THROW(read_with(manifest), CheckpointError) << key;
  }
  const auto with_part = [&](const std::string& name, json entry) {
    auto manifest = sound;
    manifest["parts"][name] = std::move(entry);
    return manifest;
  };
  const json ok = sound.at("parts").at("sampler").at("tensors");
  EXPECT_THROW(read_with(with_part("../../etc/passwd", {{"tensors", ok}})), CheckpointError);
  EXPECT_THROW(read_with(with_part("sampler", 3)), CheckpointError);
  EXPECT_THROW(read_with(with_part("sampler", {{"tensors", 3}})), CheckpointError);
  EXPECT_THROW(read_with(with_part("sampler", {{"tensors", {{"bytes", -1}, {"sha256", "x"}}}})), CheckpointError);
  EXPECT_THROW(read_with(with_part("sampler", {{"tensors", {{"bytes", 8}, {"sha256", 5}}}})), CheckpointError);
  EXPECT_THROW(read_with(with_part("sampler", {{"tensors", ok}, {"host", nullptr}})), CheckpointError);
}

TEST(Checkpoint, ReadsEveryOlderFormat) {
  for (int version = 1; version <= kCheckpointFormatVersion; ++version) {
    const auto folder = fs::path(ONRAMP_TESTS_DIR) / ("core/checkpoint_format_" + std::to_string(version));
    const auto checkpoint = read_checkpoint(folder);
    const auto& critic = require_part(checkpoint.parts, "agent/critic");
    EXPECT_TRUE(at::equal(require_tensor("agent/critic", critic, "weight"), at::full({4, 3}, 0.5))) << folder;
    EXPECT_EQ(require_host<int>("agent/critic", critic, "updates"), 12);
  }
}

TEST(Checkpoint, ListsWholeOnesInOrder) {
  const test::TemporaryFolder folder;
  for (const auto* name : {"000200", "000100"}) write_checkpoint(folder / name, {}, kInfo);
  write_checkpoint(folder / "backup", {}, kInfo);  // a person's copy
  fs::create_directory(folder / "000300");
  fs::create_directory(folder / ".tmp.000400.0.1");
  write_plain(folder / ".tmp.000400.0.1/manifest.json", "{}");
  EXPECT_EQ(list_checkpoints(folder.path()), (std::vector{folder / "000100", folder / "000200"}));
  EXPECT_TRUE(list_checkpoints(folder / "none").empty());
}

TEST(Checkpoint, IsComparedWithConfigAndMachine) {
  const test::TemporaryFolder folder;
  write_checkpoint(folder / "c", {}, kInfo);
  auto manifest = read_manifest(folder / "c");
  EXPECT_NO_THROW(check_config_hash(manifest, kInfo.config_hash, folder / "c"));
  expect_throws<CheckpointError>([&] { check_config_hash(manifest, "0123456789abcdef", folder / "c"); },
                                 "was written with another config (hash abcdef012345, now 0123456789ab)");
  EXPECT_TRUE(machine_differences(manifest).empty());
  manifest["machine"]["threads"] = 77;
  manifest["machine"].erase("libtorch");
  const auto differences = machine_differences(manifest, "cuda:0");
  ASSERT_EQ(differences.size(), 3u);
  EXPECT_EQ(differences[0], "device was cpu, is cuda:0");
  EXPECT_EQ(differences[1].substr(0, 24), "libtorch was unknown, is");
  EXPECT_EQ(differences[2].substr(0, 18), "threads was 77, is");
}

TEST(Checkpoint, LeavesTheOldOneWhenTheNewDoesNotFit) {
  const test::TemporaryFolder folder;
  write_checkpoint(folder / "c", example(0.25), kInfo);
  Parts large;
  large["critic"].tensors["weight"] = at::zeros({100000});
  {
    const test::FileSizeLimit limit(100000);
    expect_throws<IoError>([&] { write_checkpoint(folder / "c", large, kInfo); }, "the file would pass the size limit");
    expect_throws<IoError>([&] { write_checkpoint(folder / "d", large, kInfo); }, "run the same command again");
  }
  EXPECT_EQ(names_in(folder.path()), Names{"c"});
  EXPECT_TRUE(
      at::equal(read_checkpoint(folder / "c").parts.at("agent/critic").tensors.at("weight"), at::full({4, 3}, 0.25)));
}

TEST(Checkpoint, LeavesTheOldOneWhenTheDiskIsFull) {
  const auto result = test::run_on_small_disk("256k", [](const fs::path& folder) -> std::string {
    write_checkpoint(folder / "c", example(0.25), kInfo);
    Parts large;
    for (int i = 0; i < 10; ++i) large["part" + std::to_string(i)].tensors["weight"] = at::zeros({8192});  // 32 kB
    try {
      write_checkpoint(folder / "c", large, kInfo);
      return "no error";
    } catch (const IoError& error) {
      if (std::string(error.what()).find("no space left on the device; free some space") == std::string::npos)
        return error.what();
    }
    if (names_in(folder) != Names{"c"}) return "something was left";
    return read_checkpoint(folder / "c").parts.size() == 3 ? "" : "the old one is gone";
  });
  if (!result) GTEST_SKIP() << "no right to mount a small disk here";
  EXPECT_EQ(*result, "");
}

TEST(Checkpoint, NamesAPlaceThatItCannotWriteTo) {
  const test::TemporaryFolder folder;
  write_plain(folder / "file", "x");
  expect_throws<IoError>([&] { write_checkpoint(folder / "file/c", example(), kInfo); },
                         "a part of the path is a file");
  expect_throws<IoError>([] { write_checkpoint("/proc/c", example(), kInfo); }, "cannot create /proc/c");
  expect_throws<IoError>([&] { write_checkpoint(folder / "file", example(), kInfo); }, "file");
  EXPECT_EQ(names_in(folder.path()), Names{"file"});
}

TEST(Checkpoint, IsWholeWheneverTheWriterIsKilled) {
  const test::TemporaryFolder folder;
  write_checkpoint(folder / "c", example(0.0), kInfo);
  RandomStream stream(1, "kill");
  for (int trial = 0; trial < 12; ++trial) {
    const pid_t child = fork();
    if (child == 0) {
      for (int i = 1;; ++i) write_checkpoint(folder / "c", example(i), kInfo);
    }
    ::usleep(static_cast<useconds_t>(stream.next().uniform(1000, 60000)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ASSERT_NO_THROW(read_checkpoint(folder / "c")) << trial;
    remove_stale_temporaries(folder.path());
    ASSERT_EQ(names_in(folder.path()), Names{"c"});
  }
}

}  // namespace
}  // namespace onramp
