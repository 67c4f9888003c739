// The YAML file of a training run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "onramp/base/config.h"
#include "onramp/core/device.h"
#include "onramp/data/data_source.h"
#include "onramp/data/replay_source.h"
#include "onramp/training/catalog.h"

namespace onramp {

/// Where a run goes, and how it is logged and saved.
struct RunSettings {
  std::filesystem::path folder;  // empty: runs/<name of the config>/seed<seed>
  int64_t seed = 1;
  int64_t log_every = 100;
  double checkpoint_every_s = 60.0;
  int64_t keep_checkpoints = 2;
  template <class V>
  void fields(V& v) {
    v("folder", folder, "where everything of this run goes; empty: runs/<name of the config file>/seed<seed>");
    v("seed", seed, "every random draw of the run follows from it", at_least(0));
    v("log_every", log_every, "updates between two rows of metrics", at_least(1));
    v("checkpoint_every_s", checkpoint_every_s, "seconds between checkpoints: the work a kill can cost", at_least(0.0));
    v("keep_checkpoints", keep_checkpoints, "latest checkpoints kept", at_least(1));
  }
};

/// Recorded data that a run starts with.
struct DataConfig {
  std::filesystem::path path;
  DataOptions options;
  std::string filter_key;
  int64_t episodes = 0;
  std::string source = "offline";
  template <class V>
  void fields(V& v) {
    v("path", path, "a D4RL, robomimic or Minari HDF5 file, a folder of onramp episodes, or a run", required(),
      not_empty());
    v("filter_key", filter_key,
      "only its episodes under this filter key (robomimic's masks: train, valid); empty: all");
    v("options", options, "how it is to be understood");
    v("episodes", episodes, "only the first so many of them; 0: all", at_least(0));
    v("source", source, "replay source that its episodes enter", not_empty());
  }
};

/// Read with the catalog that says which types there are.
struct RunConfig {
  RunSettings run;
  ComputeConfig compute;
  Component<Environment> env;
  std::optional<DataConfig> data;
  std::map<std::string, ReplaySourceConfig> sources;
  FrameSpaceConfig replay;
  std::string normalizer_source = "offline";
  ComponentMap<Policy, const PolicyContext&> policies;
  ComponentMap<LearnerFactory> learners;
  ComponentList<Phase> phases;

  explicit RunConfig(const Catalog& catalog);
  template <class V>
  void fields(V& v) {
    v("run", run, "folder, seed, logging, checkpoints");
    v("compute", compute, "device, threads");
    v("env", env, "the environment to act in; without one a run learns from `data` alone");
    v("data", data, "recorded episodes to start with");
    v("sources", sources, "replay sources whose reward is transformed: name -> settings");
    v("replay", replay, "where the images of episodes lie while a run works with them");
    v("normalizer_source", normalizer_source,
      "replay source whose states the observation normaliser is fitted on, once, when the first learner starts",
      not_empty());
    v("policies", policies, "policies that are not learned: name -> {type: ...}");
    v("learners", learners, "what learns: name -> {type: ...}");
    v("phases", phases, "what happens, in this order; without them, each learner's own course");
  }
};

/// A config without `phases` gets those of its learners (LearnerFactory::default_phases), in an order that gives each
/// what it needs.
/// @throws ConfigError for the first mistake, with file, line, column; also names that a phase uses and nobody defines.
RunConfig read_run_config(const ConfigNode& node, const Catalog& catalog);
/// Resolved: every default written out, so that it runs as it is from anywhere.
ConfigNode dump_run_config(const RunConfig& config);
/// A config that was resolved once, as this version would resolve it: keys that an older one did not have are there, at their
/// defaults. Whether its parts fit each other is not asked. As it is where it cannot be read (a key or a type that is no more).
ConfigNode complete_run_config(const ConfigNode& resolved, const Catalog& catalog);
/// Every key of a config file, with the types that the catalog knows.
std::string help_run_config(const Catalog& catalog);
/// Where the config asks for products in less than float32: "bf16 in learners.agent.critic.mlp", in order of the file.
std::vector<std::string> reduced_precision(const ConfigNode& resolved);
/// What must stay the same for a run to be continued: everything but where it and its images lie, how it computes and how
/// often it saves.
ConfigNode run_identity(const ConfigNode& resolved);

}  // namespace onramp
