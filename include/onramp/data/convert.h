// From any recorded data set to a layout that others read.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onramp/data/check.h"
#include "onramp/data/data_source.h"

namespace onramp {

/// Layouts that a conversion can write.
enum class DataFormat : uint8_t { kStore, kRobomimic, kD4rl, kMinari };
constexpr auto enum_names(DataFormat*) {
  return std::array{std::pair{DataFormat::kStore, std::string_view("store")},
                    std::pair{DataFormat::kRobomimic, std::string_view("robomimic")},
                    std::pair{DataFormat::kD4rl, std::string_view("d4rl")},
                    std::pair{DataFormat::kMinari, std::string_view("minari")}};
}

/// What a conversion did.
struct Conversion {
  DataSummary summary;  ///< of what was written, with the reader's notes: what was found, assumed, lost
  std::string unseen;   ///< what the new layout's own readers do not see; empty: nothing
};

/// Writes `from` to `to`: a folder for store and minari, else a file. `to` is whole or not there; memory holds an episode or
/// a few small ones. Reading the result gives the episodes back bit for bit.
/// What killed conversions to the same name left is removed.
/// @param replace  a set of the same layout that is there already gives way; no other file or folder of that name does, and
///                 never one that is read from
/// @throws DataError, IoError, ValueError when `to` is there, InterruptedError when interrupt_requested(): nothing is left then
Conversion convert_data(DataSource& from, const std::filesystem::path& to, DataFormat format, bool replace);

}  // namespace onramp
