// Where a run's numbers go. A sink can say where it stands and be cut back to there, so that a resumed run's files equal
// those of a run that was never stopped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "onramp/base/error.h"

namespace onramp {

/// Values of one moment of a phase.
struct MetricRow {
  std::string phase;  ///< "offline", "online", ...
  int64_t step = 0;
  std::vector<std::pair<std::string, double>> values;  ///< in the order in which they are written
};

/// Not thread-safe. A failed write throws IoError naming the file and leaves no half row behind.
class MetricSink {
 public:
  virtual ~MetricSink() = default;
  virtual void write(const MetricRow& row) = 0;
  /// Hands everything to the operating system.
  virtual void flush() = 0;
  /// Where the sink stands: what a checkpoint keeps. Everything before it is on disk when this returns.
  virtual nlohmann::json position() = 0;
  /// Cuts away all that was written after `position`; null: everything. @throws IoError when the file ends before it.
  virtual void truncate_to(const nlohmann::json& position) = 0;
};

/// Writes to several sinks.
class MetricSinks final : public MetricSink {
 public:
  void add(std::string name, std::unique_ptr<MetricSink> sink);
  void write(const MetricRow& row) override;
  void flush() override;
  nlohmann::json position() override;                         ///< an object: name of the sink -> its position
  void truncate_to(const nlohmann::json& position) override;  ///< a sink that it does not name is emptied

 private:
  std::vector<std::pair<std::string, std::unique_ptr<MetricSink>>> sinks_;
};

/// The key "bytes" of a sink's position; 0 for null. @throws CheckpointError naming the file when it is not a count.
uint64_t position_bytes(const nlohmann::json& position, const std::filesystem::path& path);
/// For a sink that would have to cut a row in two: the file is not the one that the checkpoint knew.
IoError not_between_rows(uint64_t bytes, const std::filesystem::path& path);

}  // namespace onramp
