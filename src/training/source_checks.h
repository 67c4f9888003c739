// What a run config says of its replay sources: who fills and who reads them, on which scale of rewards.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "onramp/training/run_config.h"

namespace onramp::detail {

/// That of the environment, which is made once for all checks, and when the first of them wants it: it may be a process, or a robot.
class SpecOnce {
 public:
  const EnvSpec& of(const RunConfig& config) {
    if (!spec_) spec_ = config.env.make()->spec();
    return *spec_;
  }

 private:
  std::optional<EnvSpec> spec_;
};

/// A learner's phase that draws from a replay source.
struct Draw {
  ConfigNode at;
  std::string learner, source;
  std::vector<std::string> there;  ///< sources that are filled by then
};

/// One learner, one scale of rewards: values of one phase and values of another are compared, as q2rl's V and Q are.
void check_scales(const RunConfig& config, const std::vector<Draw>& drawn);

/// That success can be learned under the transforms of what is collected, and lies within the ranges that targets are cut to; where
/// the environment knows what it pays. Else this is seen of the data, when there are some.
/// @param collected  sources that attempts in the environment enter
void check_worth(const RunConfig& config, const ConfigNode& root, const std::vector<Draw>& drawn,
                 const std::vector<std::pair<ConfigNode, std::string>>& collected, SpecOnce& spec);

/// That a sparse reward which is made of recorded successes is what the environment pays.
void check_data_reward(const RunConfig& config, const ConfigNode& root, const std::vector<Draw>& drawn, SpecOnce& spec);

/// Where each step costs, an end that is worth nothing is the cheapest way out.
void warn_where_a_stop_pays(const RunConfig& config, const ConfigNode& root, SpecOnce& spec);

/// Who filled which replay sources so far, against what learners take for granted of them.
class FilledSources {
 public:
  explicit FilledSources(const RunConfig& config) : config_(config) {}

  /// @param learner  under `learners`, whose policy acted; "" where it is none of theirs
  void add(const ConfigNode& at, const std::string& source, const std::string& learner, std::optional<ActSetting> act) {
    filled_.push_back({at, source, learner, act});
  }

  /// When a learner's phase comes: on line it may want attempts of its own alone, or of the policy that was cloned, off line such as
  /// were made in one way.
  /// @param cloning  the learner that handed the cloned policy over; "" for none
  void check(const std::string& learner, bool acts, const std::string& cloning) const;

 private:
  struct Filled {
    ConfigNode at;
    std::string source, learner;
    std::optional<ActSetting> act;
  };
  /// Whether the policy of that learner acts differently by the two. What nobody knows before it is there is let pass.
  bool differ(ActSetting one, ActSetting other, const std::string& learner) const;

  const RunConfig& config_;
  std::vector<Filled> filled_;
};

}  // namespace onramp::detail
