#include "onramp/data/store/guarded_read.h"

#include <gtest/gtest.h>

#include <csignal>
#include <ctime>
#include <fstream>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/random.h"
#include "onramp/data/store/hdf5_file.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"
#include "test_paths.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::TemporaryFolder;

std::vector<std::byte> some_bytes() { return {std::byte{1}, std::byte{2}}; }

TEST(RunInChild, HandsOverWhatTheBodyReturned) {
  EXPECT_EQ(run_in_child("file", {}, some_bytes), some_bytes());
  const std::vector<std::byte> large(size_t{5} << 20, std::byte{7});
  EXPECT_EQ(run_in_child("file", {}, [&] { return large; }), large);
}

TEST(RunInChild, TurnsACrashIntoOneClearError) {
  expect_throws<DataError>(
      [] {
        (void)run_in_child("a.h5", {}, []() -> std::vector<std::byte> {
          std::raise(SIGSEGV);
          return {};
        });
      },
      "a.h5: the HDF5 library crashed on it (Segmentation fault); the file is damaged");
  expect_throws<DataError>([] { (void)run_in_child("a.h5", {}, []() -> std::vector<std::byte> { std::abort(); }); },
                           "crashed on it (Aborted)");
}

TEST(RunInChild, KeepsTheMessageOfAnError) {
  expect_throws<DataError>(
      [] { (void)run_in_child("a.h5", {}, []() -> std::vector<std::byte> { throw DataError("a.h5: rewards: bad"); }); },
      "a.h5: rewards: bad");
  expect_throws<DataError>(
      [] { (void)run_in_child("a.h5", {}, []() -> std::vector<std::byte> { throw std::runtime_error("odd"); }); },
      "a.h5: cannot be read: odd");
}

TEST(RunInChild, EndsWhatTakesTooLongOrTooMuch) {
  expect_throws<DataError>(
      [] {
        (void)run_in_child("a.h5", {.cpu_s = 1}, []() -> std::vector<std::byte> {
          while (std::clock() >= 0) {
          }
          return {};
        });
      },
      "a.h5: reading took more than 1 s of processor time");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they take address space beyond any limit
  expect_throws<DataError>(
      [] {
        (void)run_in_child("a.h5", {.memory_bytes = int64_t{64} << 20},
                           [] { return std::vector<std::byte>(size_t{1} << 30); });
      },
      "a.h5: reading needs more than the limit of 67.1 MB of memory");
#endif
}

// Found by scripts/fuzz.sh hdf5: a text attribute whose global heap leads HDF5 1.10.8 into a loop without an end.
TEST(RunInChild, EndsALibraryThatNeverComesToAnEnd) {
  const std::filesystem::path file = std::filesystem::path(ONRAMP_TESTS_DIR) / "data_store/damaged/endless_heap.h5";
  ASSERT_TRUE(std::filesystem::exists(file));
  expect_throws<DataError>(
      [&] {
        (void)run_in_child(file.string(), {.cpu_s = 1}, [&]() -> std::vector<std::byte> {
          const Hdf5Reader reader(file, "inside");
          (void)reader.text_attribute("format");
          return {};
        });
      },
      file.string() + ": reading took more than 1 s of processor time; the file is damaged");
}

std::vector<std::byte> small_file() {
  Hdf5Writer writer;
  writer.write("observations", std::vector<float>(60, 0.5F), {20, 3}, /*gzip=*/1);
  writer.write("terminals", std::vector<uint8_t>(20, 1), {20});
  writer.write("infos/success", std::vector<uint8_t>(20, 0), {20});
  return writer.image();
}

const std::vector<ArrayField> kFields = {
    {"observations"}, {"terminals", false}, {"infos/success", false}, {"timeouts", false, false}};

TEST(ReadArrays, GivesShapesAndValues) {
  TemporaryFolder folder;
  write_file_atomic(folder / "f.h5", small_file());
  const auto arrays = read_arrays_guarded(folder / "f.h5", kFields);
  EXPECT_EQ(arrays.at("observations").shape, (std::vector<int64_t>{20, 3}));
  EXPECT_EQ(arrays.at("observations").floats, std::vector<float>(60, 0.5F));
  EXPECT_EQ(arrays.at("infos/success").bytes.size(), 20U);
  EXPECT_FALSE(arrays.contains("timeouts"));
}

TEST(ReadArrays, NamesWhatIsMissingOrOfAnotherType) {
  TemporaryFolder folder;
  write_file_atomic(folder / "f.h5", small_file());
  expect_throws<DataError>([&] { (void)read_arrays_guarded(folder / "f.h5", {{"actions"}}); },
                           "f.h5: has no 'actions' (has: infos, observations, terminals)");
  expect_throws<DataError>([&] { (void)read_arrays_guarded(folder / "f.h5", {{"infos"}}); }, "f.h5: has no 'infos'");
  expect_throws<DataError>(
      [&] {
        (void)read_arrays_guarded(folder / "f.h5", {{"observations", false}});
      },
      "f.h5: 'observations': want booleans or bytes, got another type");
  expect_throws<IoError>([&] { (void)read_arrays_guarded(folder / "none.h5", kFields); }, "none.h5");
  expect_throws<DataError>([&] { (void)read_arrays_guarded(folder / "f.h5", kFields, {.memory_bytes = 400}); },
                           "f.h5: ");
}

TEST(ReadArrays, SurvivesDamagedFilesWithOneClearLineEach) {
  TemporaryFolder folder;
  const auto bytes = small_file();
  const auto path = folder / "mutant.h5";
  Rng rng = RandomStream(1, "mutants").at(0);
  int refused = 0;
  for (int i = 0; i < 150; ++i) {
    auto damaged = bytes;
    if (i % 3 == 0) damaged.resize(static_cast<size_t>(rng.below(static_cast<int64_t>(bytes.size()))));
    for (int k = 0; i % 3 != 0 && k < 1 + i % 8; ++k) {
      damaged[static_cast<size_t>(rng.below(static_cast<int64_t>(bytes.size())))] = static_cast<std::byte>(rng());
    }
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(damaged.data()), static_cast<std::streamsize>(damaged.size()));
    try {
      (void)read_arrays_guarded(path, kFields, {.memory_bytes = int64_t{1} << 30, .cpu_s = 5});
    } catch (const DataError& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with(path.string() + ": ")) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
      ++refused;
    }
  }
  EXPECT_GT(refused, 50);  // every truncated one at least
}

}  // namespace
}  // namespace onramp
