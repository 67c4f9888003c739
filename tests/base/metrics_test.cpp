#include "onramp/base/metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <string>

#include "onramp/base/atomic_file.h"
#include "onramp/base/csv_sink.h"
#include "onramp/base/event_file_sink.h"
#include "support/disk_faults.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

using test::expect_throws;
using test::names_in;

MetricRow row(int64_t step) {
  return {"offline", step, {{"loss", 1.0 / static_cast<double>(step + 3)}, {"q", -static_cast<double>(step)}}};
}

TEST(CsvSink, WritesOneLineAValue) {
  const test::TemporaryFolder folder;
  {
    CsvSink sink(folder / "metrics.csv");
    sink.write({"offline", 10, {{"loss", 0.1}, {"q", -3.0}}});
    sink.write({"online", 11, {{"odd", std::nan("")}, {"huge", std::numeric_limits<double>::infinity()}}});
  }
  EXPECT_EQ(read_file(folder / "metrics.csv"),
            "phase,step,metric,value\n"
            "offline,10,loss,0.1\noffline,10,q,-3\n"
            "online,11,odd,nan\nonline,11,huge,inf\n");
}

TEST(CsvSink, AContinuedFileEqualsAnUninterruptedOneByteForByte) {
  const test::TemporaryFolder folder;
  CsvSink whole(folder / "whole.csv");
  for (int64_t i = 0; i < 3000; ++i) whole.write(row(i));
  whole.flush();

  nlohmann::json position;
  {
    CsvSink sink(folder / "killed.csv");
    for (int64_t i = 0; i < 1000; ++i) sink.write(row(i));
    position = nlohmann::json::parse(sink.position().dump());  // as a checkpoint keeps it
    for (int64_t i = 1000; i < 1500; ++i) sink.write(row(i));  // lost work
  }
  CsvSink sink(folder / "killed.csv");
  sink.truncate_to(position);
  for (int64_t i = 1000; i < 3000; ++i) sink.write(row(i));
  sink.flush();
  EXPECT_EQ(read_file(folder / "killed.csv"), read_file(folder / "whole.csv"));
}

TEST(CsvSink, StartsAnewWithoutACheckpoint) {
  const test::TemporaryFolder folder;
  { CsvSink(folder / "m.csv").write(row(1)); }
  CsvSink sink(folder / "m.csv");
  sink.truncate_to(nullptr);
  EXPECT_EQ(read_file(folder / "m.csv"), "phase,step,metric,value\n");
}

TEST(CsvSink, CutsALineWithoutItsEnd) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "m.csv") << "phase,step,metric,value\noffline,1,loss,0.5\noffline,2,lo";
  CsvSink sink(folder / "m.csv");
  EXPECT_EQ(read_file(folder / "m.csv"), "phase,step,metric,value\noffline,1,loss,0.5\n");
}

TEST(CsvSink, RefusesWhatItCannotContinue) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "other.csv") << "a,b\n";
  expect_throws<IoError>([&] { CsvSink sink(folder / "other.csv"); }, "other.csv is not a metrics file");
  EXPECT_EQ(read_file(folder / "other.csv"), "a,b\n");

  CsvSink sink(folder / "m.csv");
  expect_throws<IoError>(
      [&] {
        sink.truncate_to({{"bytes", 1000}});
      },
      "ends at byte 24, but the checkpoint knows 1000 bytes of it");
  expect_throws<CheckpointError>([&] { sink.truncate_to({{"bytes", "x"}}); }, "position");
  expect_throws<CheckpointError>([&] { sink.truncate_to({{"bytes", -5}}); }, "position");
  sink.write(row(1));
  expect_throws<IoError>([&] { sink.truncate_to({{"bytes", 30}}); }, "m.csv, byte 30, is inside a row");
  EXPECT_THROW(sink.write({"off,line", 1, {{"a", 1.0}}}), std::logic_error);
  EXPECT_THROW(sink.write({"offline", 1, {{"a\nb", 1.0}}}), std::logic_error);
}

TEST(CsvSink, KeepsNoHalfRowWhenTheDiskIsFull) {
  const test::TemporaryFolder folder;
  const auto path = folder / "m.csv";
  CsvSink sink(path);
  sink.write(row(1));
  sink.flush();
  const std::string before = read_file(path);
  {
    const test::FileSizeLimit limit(before.size() + 7);
    sink.write(row(2));
    expect_throws<IoError>([&] { sink.flush(); }, "m.csv: the file would pass the size limit");
    EXPECT_EQ(read_file(path), before);
  }
  sink.flush();  // space was made: the rows were not lost
  EXPECT_GT(read_file(path).size(), before.size());

  std::filesystem::create_symlink("/dev/full", folder / "full.csv");
  expect_throws<IoError>([&] { CsvSink full(folder / "full.csv"); }, "full.csv: no space left on the device");
}

// RFC 3720, appendix B.4, and the usual check value.
TEST(Crc32c, MatchesPublishedVectors) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43u);
  std::string ascending, descending;
  for (char i = 0; i < 32; ++i) ascending.push_back(i), descending.push_back(static_cast<char>(31 - i));
  EXPECT_EQ(crc32c(ascending), 0x46DD794Eu);
  EXPECT_EQ(crc32c(descending), 0x113FDB5Cu);
}

// The bytes that TensorBoard 2.21's own writer makes of the same two events.
TEST(EventFileSink, WritesTheBytesThatTensorBoardWrites) {
  constexpr std::string_view kWanted =
      "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c34000000000000005e33175c"
      "09000000000000024010072a270a130a0c6f66666c696e652f6c6f7373150000003f0a100a096f66666c696e652f7115000040c0"
      "73172704";
  const test::TemporaryFolder folder;
  double now_s = 1.5;
  EventFileSink sink(folder.path(), [&] { return now_s; });
  now_s = 2.25;
  sink.write({"offline", 7, {{"loss", 0.5}, {"q", -3.0}}});
  sink.flush();
  ASSERT_EQ(names_in(folder.path()), std::vector<std::string>{"events.out.tfevents.0000000001.onramp"});
  std::string hex;
  for (const char byte : read_file(folder / "events.out.tfevents.0000000001.onramp")) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<uint8_t>(byte) >> 4];
    hex += kDigits[static_cast<uint8_t>(byte) & 15];
  }
  EXPECT_EQ(hex, kWanted);
}

TEST(EventFileSink, AContinuedFileEqualsAnUninterruptedOne) {
  const test::TemporaryFolder folder;
  const auto clock = [] { return 5.0; };
  std::filesystem::create_directory(folder / "whole");
  std::filesystem::create_directory(folder / "killed");
  EventFileSink whole(folder / "whole", clock);
  for (int64_t i = 0; i < 300; ++i) whole.write(row(i));
  whole.flush();

  nlohmann::json position;
  {
    EventFileSink sink(folder / "killed", clock);
    for (int64_t i = 0; i < 100; ++i) sink.write(row(i));
    position = sink.position();
    for (int64_t i = 100; i < 150; ++i) sink.write(row(i));
  }
  const auto file = folder / "killed/events.out.tfevents.0000000005.onramp";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 3);  // the power went
  EventFileSink sink(folder / "killed", [] { return 9.0; });
  EXPECT_EQ(names_in(folder / "killed").size(), 1u);
  sink.truncate_to(position);
  EventFileSink continued(folder / "killed", clock);
  for (int64_t i = 100; i < 300; ++i) continued.write(row(i));
  continued.flush();
  EXPECT_EQ(read_file(file), read_file(folder / "whole/events.out.tfevents.0000000005.onramp"));

  std::ofstream(folder / "killed/events.out.tfevents.0000000009.other") << "";
  EventFileSink newer(folder / "killed", clock);
  expect_throws<IoError>([&] { newer.truncate_to(position); }, "move the newer one away");
  expect_throws<IoError>(
      [&] {
        newer.truncate_to({{"bytes", 30}, {"file", "events.out.tfevents.0000000009.other"}});
      },
      ".other, byte 30, is inside a row");
}

TEST(EventFileSink, KeepsNoHalfRecordWhenTheDiskIsFull) {
  const test::TemporaryFolder folder;
  EventFileSink sink(folder.path(), [] { return 5.0; });
  const auto file = folder / "events.out.tfevents.0000000005.onramp";
  const auto before = read_file(file);
  const test::FileSizeLimit limit(before.size() + 20);
  sink.write(row(1));
  expect_throws<IoError>([&] { sink.flush(); }, "the file would pass the size limit");
  EXPECT_EQ(read_file(file), before);
}

TEST(MetricSinks, GivesEachSinkItsOwnPosition) {
  const test::TemporaryFolder folder;
  const auto open = [&] {
    MetricSinks sinks;
    sinks.add("a", std::make_unique<CsvSink>(folder / "a.csv"));
    sinks.add("b", std::make_unique<CsvSink>(folder / "b.csv"));
    return sinks;
  };
  nlohmann::json position;
  {
    auto sinks = open();
    sinks.write(row(1));
    position = sinks.position();
    sinks.write(row(2));
  }
  position.erase("b");  // a sink that was added after the checkpoint
  auto sinks = open();
  sinks.truncate_to(position);
  EXPECT_EQ(read_file(folder / "a.csv"), "phase,step,metric,value\noffline,1,loss,0.25\noffline,1,q,-1\n");
  EXPECT_EQ(read_file(folder / "b.csv"), "phase,step,metric,value\n");
}

}  // namespace
}  // namespace onramp
