#include "onramp/training/run_folder.h"

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/folder_lock.h"
#include "onramp/core/checkpoint.h"

namespace onramp {

namespace fs = std::filesystem;

fs::path run_folder(const RunConfig& config, const ConfigNode& given, const fs::path& file) {
  const auto asked = given.get("run").get("folder");
  const bool own = file.filename() == "config.yaml" && fs::is_directory(file.parent_path() / "checkpoints");
  const bool by_others = !config.run.folder.empty() && asked.origin().source != file.string();
  if (own && !by_others) return file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (!config.run.folder.empty()) return config.run.folder;
  return fs::path("runs") / file.stem() / concat("seed", config.run.seed);
}

namespace {

// A run makes `checkpoints` before anything else: where that is missing, what lies under a run's names is somebody else's.
void check_nothing_of_others(const fs::path& folder) {
  std::error_code none;
  if (fs::is_directory(folder / "checkpoints", none)) return;
  for (const char* name : {"config.yaml", "metrics.csv", "log.txt", "critics", "episodes", "policies", "report",
                           "tensorboard", "videos"}) {
    const auto path = folder / name;
    const bool empty_folder = fs::is_directory(path, none) && fs::is_empty(path, none);
    if (!fs::exists(path, none) || empty_folder) continue;
    throw ConfigError(concat(folder.string(), " is no run's folder, and holds '", name,
                             "', a name that a run writes to; choose another one with --set run.folder=..."));
  }
}

}  // namespace

void check_same_run(const fs::path& folder, const ConfigNode& resolved) {
  check_nothing_of_others(folder);
  const auto config_file = folder / "config.yaml";
  // The config of a run that never got as far as an episode or a checkpoint binds nobody.
  const auto has_any = [&](const char* sub) {
    std::error_code none;
    return fs::directory_iterator(folder / sub, none) != fs::directory_iterator();
  };
  if (!fs::exists(config_file) || !(has_any("checkpoints") || has_any("episodes"))) return;
  const auto before = run_identity(load_config(config_file));
  if (const auto difference = config_difference(before, run_identity(resolved), "in the folder", "in the config")) {
    throw ConfigError(concat(folder.string(), " holds a run of another config (", *difference,
                             "); choose another folder with --set run.folder=..., or remove that one"));
  }
}

void check_metrics_are_there(const fs::path& folder) {
  const auto checkpoints = list_checkpoints(folder / "checkpoints");
  if (checkpoints.empty()) return;
  const auto manifest = read_manifest(checkpoints.back());
  const nlohmann::json none;
  const auto in = [&](const nlohmann::json& object, const char* key) -> const nlohmann::json& {
    return object.is_object() && object.contains(key) ? object.at(key) : none;
  };
  const auto want = [&](const nlohmann::json& position, const fs::path& file) {
    const auto& bytes = in(position, "bytes");
    if (!bytes.is_number_integer() || bytes <= 0) return;  // what is no position is resume()'s to refuse
    std::error_code error;
    if (fs::exists(file, error) || error) return;
    throw IoError(concat(file.string(), " is missing, and the checkpoint knows ", bytes.get<int64_t>(),
                         " bytes of it; put the file back, or start anew in another run.folder"));
  };
  const auto& metrics = in(in(manifest, "extra"), "metrics");
  want(in(metrics, "csv"), folder / "metrics.csv");
  const auto& events = in(metrics, "tensorboard");
  if (const auto& name = in(events, "file"); name.is_string()) {
    want(events, folder / "tensorboard" / name.get<std::string>());
  }
}

std::string look_at_run_folder(const fs::path& folder, const ConfigNode& resolved) {
  check_can_write_in(folder);
  FolderLock::check_free(folder);
  check_same_run(folder, resolved);
  check_metrics_are_there(folder);
  const auto checkpoints = list_checkpoints(folder / "checkpoints");
  if (checkpoints.empty()) return fs::exists(folder / "config.yaml") ? "a run that would begin anew" : "new";
  const auto extra = read_checkpoint(checkpoints.back()).manifest.at("extra");  // whole, as the run would
  const auto phase = extra.value("phase_name", std::string());
  if (phase == "finished") return "a run that is finished";
  return concat("a run that would go on in phase '", phase, "' at step ", extra.value("step", int64_t{0}), ", after ",
                counted(extra.value("episodes", int64_t{0}), "episode"));
}

}  // namespace onramp
