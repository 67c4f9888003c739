// What a config's `learners` entry becomes: a learner that can be built once the parts it needs are there.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "onramp/algorithms/learnable.h"
#include "onramp/base/config_node.h"

namespace onramp {

/// By part that earlier phases hand over: the policy that the same phase leaves behind.
using PolicyOfPart = std::map<std::string, std::string>;

/// What a learner takes for granted of the attempts in one of its replay sources.
struct SourceTerms {
  std::string source;
  /// On line they are its own policy's, or the cloned one's, which then did what it proposed; a run where others' are among them is
  /// refused.
  bool own = false;
  std::optional<ActSetting> act;  ///< how the policy acted that made them; a run warns where it acts otherwise
  std::string remedy;             ///< what to set where that is not so: "set cloned_action: fresh"
};

/// How a learner values rewards.
struct ValueTerms {
  double gamma = 0.99;
  std::optional<std::array<double, 2>> range;  ///< that its targets are cut to
};

/// A learner-to-be: what a run must know of it before it is built.
class LearnerFactory {
 public:
  virtual ~LearnerFactory() = default;
  /// Names of parts that earlier phases must hand over, e.g. "encoder". A run that lacks one is refused at its start.
  /// @param observation  what there is to see
  /// @throws ConfigError when the settings ask for something else
  virtual std::vector<std::string> needs(const ObservationSpec& observation) const {
    (void)observation;
    return {};
  }
  /// Names of parts, as save() writes them, that later phases are handed when this learner's phase ends.
  virtual std::vector<std::string> provides() const { return {}; }
  /// Path of a policy that was learned elsewhere and takes the place of what this learner would learn: it makes no updates.
  /// Empty: it learns itself.
  virtual std::string policy_file() const { return {}; }
  /// Asked before a run does anything, where such a policy will be handed to this learner.
  /// @param context  with what is handed over as `given`. @throws ConfigError when it will not do
  virtual void check_given(const LearnerContext& context) const { (void)context; }
  /// Replay sources that it draws from. @param online  in a phase that collects, else in one whose data do not grow
  virtual std::vector<std::string> sources(bool online) const {
    (void)online;
    return {};
  }
  virtual std::vector<SourceTerms> terms() const { return {}; }
  /// Nothing where it values none.
  virtual std::optional<ValueTerms> values() const { return {}; }
  /// Policy::usual_mode() of the policy that it leaves; nothing where that is not known before.
  virtual std::optional<ActMode> usual_mode() const { return {}; }
  /// Whether the policy that it hands over as a part has a density; nothing where that is not known before.
  virtual std::optional<bool> has_density() const { return {}; }
  /// Whether it wants one of the policy handed over to it. A run whose policy has none is refused at its start.
  virtual bool wants_density() const { return false; }
  /// Whether the policy that it hands over remembers what came before; nothing where that is not known before.
  virtual std::optional<bool> has_memory() const { return {}; }
  /// Why it cannot do with such a policy, and what to set; empty: it can. A run that hands it one is refused at its start.
  virtual std::string without_memory() const { return {}; }
  /// Whether what it makes is an Agent: it has a policy.
  virtual bool acts() const = 0;
  /// Phases of a config that gives none, as its `phases` would hold them: the method's own course, with the paper's numbers.
  /// @param learner      its name under `learners`
  /// @param environment  whether there is one to act in; else only what recorded data allow
  /// @param policies     that the phases before leave behind
  virtual std::vector<ConfigNode> default_phases(const std::string& learner, bool environment,
                                                 const PolicyOfPart& policies) const;
  virtual std::unique_ptr<Learnable> make(const LearnerContext& context) const = 0;
};

/// One entry of `phases`, for default_phases(): `settings` is YAML, "{type: learn, updates: 100000}".
ConfigNode phase_of(const std::string& learner, const std::string& name, const std::string& settings);

}  // namespace onramp
