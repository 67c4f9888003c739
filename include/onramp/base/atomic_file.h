// Files that are whole or not there: written under a temporary name in the same folder, fsynced, renamed, and the folder
// fsynced. After a crash or a power cut the old content or the new one is found, never a part.
//
// Temporary names begin with ".tmp." and end with the writer's process number; a later run removes those of dead writers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "onramp/base/error.h"

namespace onramp {

/// Replaces `path` by `bytes`. The folder must exist. Cost: two fsyncs.
/// @throws IoError naming path and cause; then no temporary file remains and an older `path` is untouched
void write_file_atomic(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomic(const std::filesystem::path& path, std::string_view text);

/// Calls `fill` with a name beside `path` that nothing has, fsyncs the file that it makes there, and puts it in the place
/// of `path`: for files that are written piece by piece. What `fill` throws passes through, and nothing remains.
/// @throws IoError
void fill_file_atomic(const std::filesystem::path& path, const std::function<void(const std::filesystem::path&)>& fill);

/// Calls `fill` with a fresh empty folder beside `path`, fsyncs everything in it, and puts it in the place of `path`.
/// An older folder of that name is exchanged in one step where the file system can (Linux RENAME_EXCHANGE), else moved
/// aside first. What `fill` throws passes through, and nothing remains.
/// @throws IoError
void write_folder_atomic(const std::filesystem::path& path,
                         const std::function<void(const std::filesystem::path&)>& fill);

/// Writes a file without the care above: for the files inside write_folder_atomic(), which syncs them all at its end.
/// @throws IoError
void write_file(const std::filesystem::path& path, std::string_view text);

/// The whole file. @throws IoError when it cannot be read or is longer than `max_bytes`
std::string read_file(const std::filesystem::path& path, uint64_t max_bytes = std::numeric_limits<uint64_t>::max());

/// mkdir -p, durable enough for what is then written into it. @throws IoError
void create_folders(const std::filesystem::path& path);

/// That create_folders(folder) and a file in it would succeed; nothing of it stays. To be asked before long work.
/// @throws IoError
void check_can_write_in(const std::filesystem::path& folder);
/// The same of a file; what is there may be replaced, unless it is a folder. @throws IoError
void check_can_write(const std::filesystem::path& path);

/// Removes what writers that no longer live left in `folder` (not below it). Call it with the folder's lock held.
/// @return how many were removed
int remove_stale_temporaries(const std::filesystem::path& folder);
/// The same of what was to become `path`, and of nothing else: for folders that are not locked. No other thread may be
/// writing `path`. @return how many were removed
int remove_stale_temporaries_of(const std::filesystem::path& path);

/// "cannot write runs/a/metrics.csv: no space left on the device; free some space and run the same command again"
/// @param doing         "write", "read", "create", ...
/// @param error_number  errno of the failed call
IoError io_error(std::string_view doing, const std::filesystem::path& path, int error_number);

}  // namespace onramp
