// Names and spaces of Minari's data sets: a folder with main_data.hdf5 and metadata.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "onramp/data/store/hdf5_file.h"

namespace onramp::detail {

inline const std::string kMinariFile = "main_data.hdf5";
inline const std::string kMinariMetadata = "metadata.json";

/// One Box of an observation space, or what stands for it.
struct MinariLeaf {
  std::string name;        ///< "state", or the keys joined by '/'
  std::string path;        ///< below the episode: "observations", "observations/camera/rgb"
  bool is_jpeg = false;    ///< pictures are compressed
  std::string unreadable;  ///< kind of space that is no array of numbers: "Text"; else empty
};

struct MinariFacts {
  std::vector<MinariLeaf> leaves;               ///< empty: no space is known
  std::vector<double> action_low, action_high;  ///< empty: no bounds are known
  std::optional<std::string> action_kind;       ///< when it is no Box: "Discrete"
  std::string text;                             ///< what else the file says, as JSON; empty: there is no file
  int64_t episodes = -1, steps = -1;            ///< as metadata.json counts
};

/// @throws DataError naming the file
MinariFacts read_minari_facts(const std::filesystem::path& metadata);

/// Episodes that have terminations, by number.
std::vector<std::string> minari_episodes(const Hdf5Listing& listing);

/// 12 of "episode_12"; -1 for any other name.
int64_t minari_number(const std::string& name);

}  // namespace onramp::detail
