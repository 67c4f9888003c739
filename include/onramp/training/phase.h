// A stretch of a run: collect, learn, interleave, evaluate, or a user's own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "onramp/base/config_node.h"
#include "onramp/data/policy.h"

namespace onramp {

class Run;

/// What a phase uses and gives, so that a run can be refused before its first phase when something is missing.
struct PhaseNeeds {
  bool environment = false;
  std::vector<std::string> learners;       ///< names under `learners`
  std::vector<std::string> policies;       ///< names under `policies`, or of earlier phases that leave a policy behind
  std::vector<std::string> films;          ///< those of `policies` that it films
  std::vector<std::string> fills_sources;  ///< replay sources that it adds episodes to
  std::optional<ActSetting> act;           ///< how its policy acts there, where the phase says it and not the policy
  bool leaves_policy = false;              ///< under the phase's own name
  std::vector<std::string> snapshots;      ///< names of policies that it leaves on the way; only an agent can
  bool overlaps = false;                   ///< its episodes run in a thread of their own
  bool acting_learner = false;             ///< its learners must have a policy
  bool updates = false;                    ///< its learners learn in it
  std::filesystem::path takes_from;        ///< run folder whose learner it takes in place of learning; empty: none
  int64_t episodes = 0;                    ///< that it records, for the memory bill
  int64_t steps = 0;                       ///< the same where it goes by them and not by episodes
  std::string plan;                        ///< one line for --dry-run: "200 attempts, 60 updates after each"
};

/// Resumable: all that a phase knows of its progress is in Run's state, so run() may be called in a process that never
/// ran its beginning.
class Phase {
 public:
  virtual ~Phase() = default;
  virtual const std::string& name() const = 0;
  virtual PhaseNeeds needs() const = 0;
  /// Goes on from run.state().step to the end.
  virtual void run(Run& run) = 0;
};

}  // namespace onramp
