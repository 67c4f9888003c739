// Where a run lies, and whether it may.
#pragma once

#include <filesystem>
#include <string>

#include "onramp/training/run_config.h"

namespace onramp {

/// `run.folder`, else runs/<name of the file>/seed<seed>. A config.yaml that lies in a run's folder means that run, also
/// after the folder was moved; not so where another one was asked for, by --set or a config above.
/// @param given  what `config` was read from
std::filesystem::path run_folder(const RunConfig& config, const ConfigNode& given, const std::filesystem::path& file);

/// @throws ConfigError when a run of another config lies there, with the first key that differs, or no run, but something of
///   the name of a file or folder that a run writes
void check_same_run(const std::filesystem::path& folder, const ConfigNode& resolved);

/// That the files of metrics which the newest checkpoint knows are there. To be asked before anything begins them anew.
/// @throws IoError naming the one that is missing, CheckpointError
void check_metrics_are_there(const std::filesystem::path& folder);

/// Looks at what a run would find there, and makes nothing: "new", or where the run that is there would go on.
/// @throws ConfigError, IoError, CheckpointError as the run would
std::string look_at_run_folder(const std::filesystem::path& folder, const ConfigNode& resolved);

}  // namespace onramp
