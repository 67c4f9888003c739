#include "onramp/base/csv_sink.h"

#include <charconv>
#include <string>
#include <string_view>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"

namespace onramp {
namespace {

constexpr std::string_view kHeader = "phase,step,metric,value\n";

bool plain(std::string_view text) { return text.find_first_of(",\"\r\n") == std::string_view::npos; }

template <class T>
void append_number(std::string& line, T value) {
  char text[32];
  line.append(text, std::to_chars(text, text + sizeof(text), value).ptr);
}

}  // namespace

CsvSink::CsvSink(const std::filesystem::path& path) : file_(path) {
  if (file_.size() == 0) {
    file_.append(kHeader);
    file_.flush();
    return;
  }
  const std::string text = read_file(path);
  if (!text.starts_with(kHeader)) {
    throw IoError(path.string() + " is not a metrics file (its first line is not '" +
                  std::string(kHeader.substr(0, kHeader.size() - 1)) + "'); move it away or choose another folder");
  }
  file_.truncate(text.rfind('\n') + 1);
}

void CsvSink::write(const MetricRow& row) {
  ONRAMP_CHECK(plain(row.phase), "name of a phase: ", row.phase);
  std::string line;
  for (const auto& [metric, value] : row.values) {
    ONRAMP_CHECK(plain(metric), "name of a metric: ", metric);
    line.append(row.phase).append(",");
    append_number(line, row.step);
    line.append(",").append(metric).append(",");
    append_number(line, value);
    line.append("\n");
  }
  file_.append(line);
}

nlohmann::json CsvSink::position() {
  file_.sync();
  return {{"bytes", file_.size()}};
}

void CsvSink::truncate_to(const nlohmann::json& position) {
  const uint64_t bytes = std::max<uint64_t>(position_bytes(position, file_.path()), kHeader.size());
  file_.flush();
  if (bytes < file_.size() && read_file(file_.path())[bytes - 1] != '\n') throw not_between_rows(bytes, file_.path());
  file_.truncate(bytes);
}

}  // namespace onramp
