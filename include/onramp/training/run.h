// A run: its folder, its state, and what its phases work with.
#pragma once

#include <c10/core/thread_pool.h>

#include <cstdint>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "onramp/base/clock.h"
#include "onramp/base/folder_lock.h"
#include "onramp/base/metrics.h"
#include "onramp/base/progress.h"
#include "onramp/core/checkpoint.h"
#include "onramp/core/divergence.h"
#include "onramp/data/data_source.h"
#include "onramp/data/replay_source.h"
#include "onramp/data/sampler.h"
#include "onramp/data/store/episode_store.h"
#include "onramp/training/collector.h"
#include "onramp/training/feature_cache.h"
#include "onramp/training/run_config.h"

namespace onramp {

/// Where a run stands; small, and kept in every checkpoint's manifest.
struct RunState {
  int64_t phase = 0;     ///< index of the phase that is running
  int64_t step = 0;      ///< units of work done in it (updates, episodes, policies: the phase's own count)
  nlohmann::json notes;  ///< the phase's own, e.g. recent successes or results so far
  int64_t episodes = 0;  ///< recorded in this run; the next one gets this number
  std::map<std::string, double> phase_seconds;  ///< wall time spent, by phase name
};

/// Replay sources that an episode enters.
struct EpisodeSources {
  std::vector<std::string> always;
  std::vector<std::string> successes = {};  ///< as well, if it succeeded
};

/// Of a time in which environment and learner worked side by side: how long each stood still until the other was done.
struct Waits {
  double of_s = 0.0;
  double learner_s = 0.0;
  double environment_s = 0.0;
};

/// Layout of the folder: config.yaml, log.txt, metrics.csv, tensorboard/, episodes/, checkpoints/, policies/, critics/,
/// videos/, report/. Holds the folder's lock as long as it lives. Not thread-safe.
class Run {
 public:
  /// Makes the folder or continues what lies in it. @throws ConfigError when another config's run lies there, IoError,
  /// CheckpointError.
  Run(const RunConfig& config, std::filesystem::path folder);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// All phases from where the run stands. @throws InterruptedError after a checkpoint, DivergenceError, ...
  void execute();

  // ---- for phases ----
  const RunConfig& config() const { return config_; }
  const std::filesystem::path& folder() const { return folder_; }
  RunState& state() { return state_; }
  at::Device device() const { return device_; }

  /// The one environment that collects; made at first use. @throws ConfigError when the config has none.
  Environment& environment();
  std::unique_ptr<Environment> make_environment() const;
  Replay& replay();
  Learnable& learner(const std::string& name);  ///< built at first use from the parts handed over so far
  /// Gives a learner what it has become in another run. @throws as read_learner()
  void take_over(const std::string& learner, const std::filesystem::path& run);
  Agent& agent(const std::string& name);  ///< @throws ConfigError when that learner has no policy
  /// One batch for each request of a plan, on the device, features in place of frame ids.
  Batches sample(const std::string& learner, const std::vector<BatchRequest>& plan);
  /// Checks the plan against what there is to draw from, and prepares features if it asks for them.
  void prepare(const std::vector<BatchRequest>& plan);
  /// A policy by the name that a config uses: under `policies`, or left behind by a phase.
  std::unique_ptr<Policy> policy(const std::string& name);

  /// Seed of something numbered: a function of (run seed, purpose, number).
  uint64_t seed(const std::string& purpose, int64_t number) const;
  /// An episode that is on disk, and in no replay source yet.
  struct Attempt {
    CollectedEpisode collected;
    std::vector<std::string> sources;
    double began_s = 0.0, ended_s = 0.0;
  };
  using Recording = std::future<Attempt>;
  /// Runs one episode and puts it on disk: in a thread of its own where a phase of the run overlaps, else before this
  /// returns. One at a time; until its end nothing else uses the environment or the policy.
  Recording begin_recording(std::shared_ptr<Policy> policy, ActMode mode, EpisodeSources into);
  /// Waits for its end and lets it into its replay sources; without any it is on disk alone.
  /// @param waits  grows by what passed since the recording began
  /// @return the episode as recorded. @throws what the environment threw, after a checkpoint
  Episode finish_recording(Recording recording, Waits* waits = nullptr);
  /// Keeps what an agent has become: its policy under policies/<name>, whole, which is what onramp-eval loads; and where it
  /// has a critic to ask, that one with all it needs under critics/<name>, for figures (at most a third of a checkpoint's bytes).
  /// @param learner  its name under `learners`
  void keep_agent(const std::string& name, const std::string& learner);
  /// Hands the learner's provided parts to the phases that follow.
  void hand_over(const std::string& learner);

  /// Writes a row to every sink and lets the watch for NaN and divergence see it.
  void log(int64_t step, const std::vector<std::pair<std::string, double>>& values);
  void log(int64_t step, const Metrics& metrics);
  /// The line that a person sees: where the phase stands, and values to show beside it (none: those shown before).
  /// @param at  where it stands; none: state().step
  void begin_progress(int64_t total, std::optional<int64_t> at = {});
  void show(int64_t step, const std::vector<std::pair<std::string, double>>& values = {});
  /// Call after each update: what it came to is looked at before anything is saved.
  void updated(Metrics metrics) { latest_ = std::move(metrics); }
  /// Call between units of work, when the state is whole: saves when it is time, and stops on Ctrl-C.
  void tick();
  /// @throws DivergenceError, and writes nothing, when the latest update or any part is not finite
  void checkpoint();

 private:
  /// The data that a run starts with.
  struct Recorded {
    std::unique_ptr<DataSource> source;
    int64_t episodes = 0;            // of its, that are used: the first ones
    int64_t loaded = 0;              // of those, that are in the replay
    int64_t rows = 0;                // observations of all of them
    std::vector<std::string> notes;  // what their reader found, assumed, lost
  };
  Recorded load_data();
  void bring_policies();
  void open_folder();
  void fill_replay(Recorded recorded);
  void resume();
  void rebuild_replay(int64_t episodes);
  const Agent* acting_agent() const;  ///< of the phase that runs or ran last; null when there is none
  void enter_replay(const Episode& episode, const std::vector<std::string>& sources);
  void put_on_disk(int64_t number, const Episode& episode);
  void make_collector();
  void close_environment();
  Attempt attempt(int64_t number, Policy& policy, ActMode mode, const EpisodeSources& into);
  bool is_by_cloned_policy(const Episode& episode) const;  ///< by the very one that was handed over as such
  void ensure_normalizer(const LearnerFactory& starting);
  void check_sound(const Parts& parts);
  void account_time();
  LearnerContext learner_context(const std::string& name) const;

  SteadyClock clock_;
  RunConfig config_;
  std::filesystem::path folder_;
  ConfigNode resolved_;
  std::string identity_;  // hash of what must stay the same
  std::optional<FolderLock> lock_;
  at::Device device_ = at::kCPU;
  RunState state_;

  std::vector<std::unique_ptr<Phase>> phases_;
  std::optional<EpisodeStore> store_;
  std::unique_ptr<Environment> environment_;
  std::optional<Replay> replay_;
  Parts given_;  // handed over between phases
  std::map<std::string, std::unique_ptr<Learnable>> learners_;
  std::map<std::string, Sampler> samplers_;  // one a learner
  Parts unread_;                             // of the checkpoint, for learners not built yet
  std::optional<FeatureCache> features_;
  MetricSinks sinks_;
  DivergenceWatch watch_;
  Metrics latest_;  // of the newest update
  std::unique_ptr<Progress> progress_;
  double last_checkpoint_s_ = 0.0;
  double phase_started_s_ = 0.0;
  std::string last_checkpoint_;
  std::unique_ptr<c10::ThreadPool> collector_;  // of one thread, where a phase overlaps; ends before all that it uses
};

}  // namespace onramp
