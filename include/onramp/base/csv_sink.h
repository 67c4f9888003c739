// Metrics as text: one file, one line a value.
#pragma once

#include <filesystem>

#include "onramp/base/append_file.h"
#include "onramp/base/metrics.h"

namespace onramp {

/// Columns phase,step,metric,value. Values are the shortest text that reads back as the same double (also nan, inf), so
/// equal runs give equal bytes. Names may not hold commas, quotes or line ends. position(): {"bytes": n}.
class CsvSink final : public MetricSink {
 public:
  /// Opens for appending, or creates with its header line. A last line without its end (power cut) is cut away.
  /// @throws IoError, also when the file is something else
  explicit CsvSink(const std::filesystem::path& path);

  void write(const MetricRow& row) override;
  void flush() override { file_.flush(); }
  nlohmann::json position() override;
  void truncate_to(const nlohmann::json& position) override;

 private:
  AppendFile file_;
};

}  // namespace onramp
