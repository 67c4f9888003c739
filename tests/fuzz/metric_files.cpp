// The metrics files that a continued run finds: opened, cut to a checkpoint's position, written on. First byte: which.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fuzz.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/csv_sink.h"
#include "onramp/base/event_file_sink.h"
#include "support/temporary_folder.h"

namespace {

namespace fs = std::filesystem;

const fs::path& folder() {
  static const onramp::test::TemporaryFolder made;
  return made.path();
}

template <class Make>
void continue_with(const fs::path& file, std::string_view bytes, uint64_t position, Make make) {
  using namespace onramp;
  write_file(file, bytes);
  uint64_t written = 0;
  if (!fuzz::may_refuse([&] {
        auto sink = make();
        sink.truncate_to({{"bytes", position}, {"file", file.filename().string()}});
        sink.write({"online", 7, {{"loss", 0.5}}});
        written = sink.position().at("bytes");
      }))
    return;
  // What was written is whole: whoever opens it again cuts nothing.
  auto again = make();
  fuzz::expect(again.position().at("bytes") == written, "a sink cuts what another has written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace onramp;
  fuzz::Bytes bytes(data, size);
  const bool csv = bytes.number<uint8_t>() % 2 == 0;
  const uint64_t position = bytes.number<uint16_t>();
  if (csv) {
    const auto file = folder() / "metrics.csv";
    continue_with(file, bytes.rest(), position, [&] { return CsvSink(file); });
  } else {
    const auto file = folder() / "events.out.tfevents.0000000001.onramp";
    continue_with(file, bytes.rest(), position, [&] { return EventFileSink(folder(), [] { return 1.0; }); });
  }
  return 0;
}
