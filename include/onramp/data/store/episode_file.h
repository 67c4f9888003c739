// One episode as an HDF5 file that h5py opens.
//
// Layout (T steps, A action dimensions):
//   observations/<name>  float32 [T + 1, ...] or uint8 [T + 1, H, W, C] (a chunk a frame, gzip 1)
//   actions, executed_actions  float32 [T, A]      rewards  float32 [T], raw      success  uint8 [T]
//   extra/<name>  float32 [T] or [T, W]
//   attributes: format "onramp episode", format_version, end (name of the reason), safety_stop_is_terminal, length,
//   spec (JSON: observation entries and action), extra (JSON: column widths), meta (JSON: text by name)
// The first 512 bytes are an HDF5 user block with length and SHA-256 of all that follows: a damaged or half-written
// file is known before the HDF5 library, which can crash on one, looks at it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onramp/data/episode.h"

namespace onramp {

inline constexpr int kEpisodeFormatVersion = 1;

/// How the message on a damaged file ends. Whoever cannot do without the episode says another remedy in its place.
inline constexpr std::string_view kDamagedEpisodeRemedy = "; restore it from a copy or move it away";

/// Atomic: the file is whole or not there. O(bytes). Thread-safe (one HDF5 call at a time in a process).
/// @throws DataError when the episode contradicts its own spec, IoError (no space, no permission; nothing is left
/// behind)
void write_episode(const std::filesystem::path& path, const Episode& episode);

/// Bit for bit what was written. A file in this layout that another program wrote (no user block) is read in a child
/// process with limits. @throws DataError naming the file and what is wrong with it, IoError. Thread-safe.
Episode read_episode(const std::filesystem::path& path);

/// Whether a file says that it is an episode, sound or not; another HDF5 file is not. @throws DataError on a file that is
/// neither, IoError
bool is_episode_file(const std::filesystem::path& path);

/// Whether a file begins as write_episode() begins one. Cheap. @throws IoError
bool has_episode_head(const std::filesystem::path& path);

/// The file as bytes.
std::vector<std::byte> encode_episode(const Episode& episode);
/// And back. @param label names the file in errors. @throws DataError
Episode decode_episode(std::span<const std::byte> bytes, const std::string& label);

/// Whether lengths, shapes and the spec agree. @throws DataError naming `label` and the first entry that does not.
void check_consistent(const Episode& episode, const std::string& label);

}  // namespace onramp
