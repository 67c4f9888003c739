// The readers behind open_data(), one a format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "onramp/data/data_source.h"
#include "onramp/data/store/hdf5_file.h"

namespace onramp::detail {

/// A folder of episode files, or one such file.
std::unique_ptr<DataSource> open_store(const std::filesystem::path& path, const DataOptions& options);

// Of one HDF5 file each, with what it holds.
bool is_d4rl(const Hdf5Listing& listing);
bool is_robomimic(const Hdf5Listing& listing);
bool is_minari(const Hdf5Listing& listing);
std::unique_ptr<DataSource> open_d4rl(const std::filesystem::path& file, const Hdf5Listing& listing,
                                      const DataOptions& options);
std::unique_ptr<DataSource> open_robomimic(const std::filesystem::path& file, const Hdf5Listing& listing,
                                           const DataOptions& options);
std::unique_ptr<DataSource> open_minari(const std::filesystem::path& file, const Hdf5Listing& listing,
                                        const DataOptions& options);

/// A flat file that convert made: with what onramp added to it.
std::unique_ptr<DataSource> open_own_d4rl(const std::filesystem::path& file, const Hdf5Listing& listing,
                                          const DataOptions& options);

/// What is to be made of another source's episodes whatever their format: `success_reward` and `state_keys`.
std::unique_ptr<DataSource> reinterpreted(std::unique_ptr<DataSource> inner, const DataOptions& options,
                                          const std::string& label);

/// What an HDF5 file is, by what is in it.
enum class FileKind : uint8_t { kEpisode, kRobomimic, kMinari, kD4rl, kUnknown };
/// @param listing  of `file`. @throws DataError, IoError
FileKind file_kind(const std::filesystem::path& file, const Hdf5Listing& listing);

/// Groups and arrays at the root, for messages.
std::vector<std::string> root_names(const Hdf5Listing& listing);

/// The main_data.hdf5 of a Minari set's folder; nothing when it is none.
std::filesystem::path minari_file(const std::filesystem::path& folder);

}  // namespace onramp::detail
