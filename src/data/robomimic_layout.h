// Names in robomimic's HDF5 files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "onramp/data/store/hdf5_file.h"

namespace onramp::detail {

/// Where an episode's meta keeps the attributes of a demonstration (model_file, ...).
inline const std::string kRobomimicMeta = "robomimic/";

/// Demonstrations with actions, in robomimic's order: by number.
std::vector<std::string> demo_names(const Hdf5Listing& listing);

/// 12 of "demo_12"; -1 for any other name.
int64_t demo_number(const std::string& name);

/// An entry's name as robomimic takes it: without slashes.
std::string array_name(std::string entry);

}  // namespace onramp::detail
