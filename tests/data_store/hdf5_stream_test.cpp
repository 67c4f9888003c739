// Files written piece by piece, listed, and read in parts.
#include <gtest/gtest.h>

#include <cstdlib>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/data/store/guarded_read.h"
#include "onramp/data/store/hdf5_stream_writer.h"
#include "support/disk_faults.h"
#include "support/expect_throws.h"

namespace onramp::test {
namespace {

using Kind = Hdf5Listing::Kind;

struct Hdf5Stream : ::testing::Test {
  Hdf5Stream() : path(folder / "file.h5") {}
  TemporaryFolder folder;
  std::filesystem::path path;
};

TEST_F(Hdf5Stream, ListsWhatWasWritten) {
  {
    Hdf5StreamWriter file(path);
    file.write("a/floats", std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2});
    file.write("a/bytes", std::vector<uint8_t>{1, 2, 3, 4}, {1, 2, 2}, /*gzip=*/1);
    file.write_bools("flags", std::vector<uint8_t>{0, 7, 0});
    file.write_texts("words", std::vector<std::string>{"one", "", "three"});
    file.attribute("/", "text", "Grüße");
    file.attribute("a", "count", int64_t{-3});
    file.attribute("empty/group", "here", "yes");
    file.close();
  }
  const auto listing = list_guarded(path);
  const std::map<std::string, Hdf5Listing::Array> want{{"a/floats", {Kind::kFloat, 4, {3, 2}}},
                                                       {"a/bytes", {Kind::kByte, 1, {1, 2, 2}}},
                                                       {"flags", {Kind::kByte, 1, {3}}},
                                                       {"words", {Kind::kText, 5, {3}}}};
  EXPECT_EQ(listing.arrays, want);
  EXPECT_EQ(listing.attributes.at("").at("text"), "Grüße");
  EXPECT_EQ(listing.attributes.at("a").at("count"), "-3");
  EXPECT_EQ(listing.attributes.at("empty/group").at("here"), "yes");

  const auto arrays = read_arrays_guarded(path, {{.path = "words", .is_text = true},
                                                 {.path = "flags", .is_float = false, .key = "renamed"},
                                                 {.path = "a/floats", .rows = {1, 2}},
                                                 {.path = "not there", .required = false}});
  ASSERT_EQ(arrays.size(), 3u);
  EXPECT_EQ(arrays.at("words").texts, (std::vector<std::string>{"one", "", "three"}));
  EXPECT_EQ(arrays.at("renamed").bytes, (std::vector<uint8_t>{0, 1, 0}));
  EXPECT_EQ(arrays.at("a/floats").floats, (std::vector<float>{3, 4, 5, 6}));
  EXPECT_EQ(arrays.at("a/floats").shape, (std::vector<int64_t>{2, 2}));
}

TEST_F(Hdf5Stream, GrowsArraysRowByRow) {
  {
    Hdf5StreamWriter file(path);
    for (int i = 0; i < 50; ++i) {
      const auto first = static_cast<float>(2 * i);
      file.append("rows", std::vector<float>{first, first + 1}, {2});
      file.append("pictures", std::vector<uint8_t>(12, static_cast<uint8_t>(i)), {2, 2, 3}, /*gzip=*/1);
      file.append_bools("flags", std::vector<uint8_t>{i % 2 == 0});
      file.append_text("texts", "number " + std::to_string(i));
    }
    file.close();
  }
  const auto arrays = read_arrays_guarded(
      path,
      {{"rows"}, {"pictures", false, true, false, {48, 2}}, {"flags", false}, {"texts", true, true, true, {49, 1}}});
  EXPECT_EQ(arrays.at("rows").shape, (std::vector<int64_t>{50, 2}));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(arrays.at("rows").floats[static_cast<size_t>(i)], static_cast<float>(i));
  EXPECT_EQ(arrays.at("pictures").shape, (std::vector<int64_t>{2, 2, 2, 3}));
  EXPECT_EQ(arrays.at("pictures").bytes.front(), 48);
  EXPECT_EQ(arrays.at("pictures").bytes.back(), 49);
  EXPECT_EQ(arrays.at("flags").bytes[48], 1);
  EXPECT_EQ(arrays.at("texts").texts, std::vector<std::string>{"number 49"});
}

TEST_F(Hdf5Stream, NamesRowsThatAreNotThere) {
  {
    Hdf5StreamWriter file(path);
    file.write("rows", std::vector<float>{1, 2, 3}, {3});
    file.close();
  }
  for (const Hdf5Rows rows : {Hdf5Rows{2, 2}, Hdf5Rows{-1, 1}, Hdf5Rows{4, -1}}) {
    expect_throws<DataError>([&] { (void)read_arrays_guarded(path, {{.path = "rows", .rows = rows}}); },
                             path.string() + ": 'rows' has no rows ");
  }
}

TEST_F(Hdf5Stream, SaysThatTheDiskIsFullAndCanBeLetGoOf) {
  const FileSizeLimit limit(1 << 20);
  Hdf5StreamWriter file(path, "shown.h5");
  expect_throws<IoError>(
      [&] {
        for (int i = 0; i < 100; ++i) {
          file.append("rows", std::vector<float>(10000, 1.0F), {});
          file.flush();
        }
      },
      "cannot write shown.h5: the file would pass the size limit");
}

/// Wherever the disk is full: the library must be able to let go of the file, now and when the program ends.
TEST_F(Hdf5Stream, LetsTheProgramEndAfterAFullDisk) {
  const auto write_until_full = [&](int64_t limit) {
    const FileSizeLimit no_more(static_cast<rlim_t>(limit));
    try {
      Hdf5StreamWriter file(folder / std::to_string(limit));
      file.attribute("group", "text", std::string(3000, 'x'));
      file.write("group/floats", std::vector<float>(3000, 1.0F), {3000});
      file.write("group/pictures", std::vector<uint8_t>(30000, 7), {10, 10, 100, 3}, /*gzip=*/1);
      file.append("rows", std::vector<float>(300000, 1.0F), {});
      file.append_text("texts", std::string(500, 'y'));
      file.write_texts("words", std::vector<std::string>{"a", "b"});
      file.close();
    } catch (const IoError&) {
      return true;
    }
    return false;
  };
  EXPECT_EXIT(
      {
        int refused = 0;
        int went_on = 0;
        for (int64_t limit = 50; limit < 8000000; limit += limit / 8) {
          (write_until_full(limit) ? refused : went_on) += 1;
        }
        std::exit(refused > 20 && went_on > 5 ? 0 : 1);  // with everything that runs at an end
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(Hdf5Stream, ReadsOtherFilesInBetween) {  // a conversion reads and writes at the same time
  write_file_atomic(folder / "text", std::string_view("no HDF5"));
  Hdf5StreamWriter file(path);
  file.write("a", std::vector<float>{1}, {1});
  expect_throws<DataError>([&] { (void)list_guarded(folder / "text"); }, "is not a readable HDF5 file");
  file.write("b", std::vector<float>{2}, {1});
  file.close();
  EXPECT_EQ(list_guarded(path).arrays.size(), 2u);
}

}  // namespace
}  // namespace onramp::test
