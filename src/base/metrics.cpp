#include "onramp/base/metrics.h"

#include <utility>

#include "onramp/base/error.h"

namespace onramp {

void MetricSinks::add(std::string name, std::unique_ptr<MetricSink> sink) {
  sinks_.emplace_back(std::move(name), std::move(sink));
}

void MetricSinks::write(const MetricRow& row) {
  for (auto& [name, sink] : sinks_) sink->write(row);
}

void MetricSinks::flush() {
  for (auto& [name, sink] : sinks_) sink->flush();
}

nlohmann::json MetricSinks::position() {
  auto positions = nlohmann::json::object();
  for (auto& [name, sink] : sinks_) positions[name] = sink->position();
  return positions;
}

void MetricSinks::truncate_to(const nlohmann::json& position) {
  for (auto& [name, sink] : sinks_) {
    const bool known = position.is_object() && position.contains(name);
    sink->truncate_to(known ? position.at(name) : nlohmann::json());
  }
}

uint64_t position_bytes(const nlohmann::json& position, const std::filesystem::path& path) {
  if (position.is_null()) return 0;
  const bool count = position.is_object() && position.contains("bytes") && position.at("bytes").is_number_integer() &&
                     position.at("bytes") >= 0;
  if (!count) {
    throw CheckpointError("the checkpoint's position in " + path.string() + " is unreadable (" + position.dump() +
                          "); remove its folder to go on from the one before");
  }
  return position.at("bytes").get<uint64_t>();
}

IoError not_between_rows(uint64_t bytes, const std::filesystem::path& path) {
  return IoError(
      concat("the checkpoint's position in ", path.string(), ", byte ", bytes,
             ", is inside a row: it is another file; put the run's own back, or start anew in another folder"));
}

}  // namespace onramp
