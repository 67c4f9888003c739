// Metrics as TensorBoard's event files. A file is a sequence of records, each
//   uint64 length | uint32 masked crc32c of these 8 bytes | `length` bytes | uint32 masked crc32c of them
// (little endian; the framing of TFRecord), and each record a protobuf message `Event` (tensorflow/core/util/event.proto)
// of which only scalars are needed. It is packed by hand: libtorch_cpu exports protobuf symbols of its own, and a second
// copy in the process would clash with them.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "onramp/base/append_file.h"
#include "onramp/base/metrics.h"

namespace onramp {

/// One scalar `phase/metric` a value. position(): {"file": name, "bytes": n}. A continued run appends to the file that
/// is there, cut back to the checkpoint, so that TensorBoard shows one unbroken curve. Only the wall-clock times in it
/// differ from those of an uninterrupted run.
class EventFileSink final : public MetricSink {
 public:
  /// @param folder       must exist; the file is events.out.tfevents.<seconds>.onramp
  /// @param wall_time_s  seconds since 1970; empty: the system's clock
  /// @throws IoError
  explicit EventFileSink(const std::filesystem::path& folder, std::function<double()> wall_time_s = {});

  void write(const MetricRow& row) override;
  void flush() override { file_.flush(); }
  nlohmann::json position() override;
  void truncate_to(const nlohmann::json& position) override;

 private:
  void start_file();

  std::function<double()> wall_time_s_;
  AppendFile file_;
};

/// CRC-32C (Castagnoli), reflected, initial value and final xor 0xffffffff.
uint32_t crc32c(std::string_view bytes);

/// As stored in a record: rotated right by 15 bits, plus 0xa282ead8.
uint32_t masked_crc32c(std::string_view bytes);

}  // namespace onramp
