// From a learner's class and its settings to an entry of the catalog.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "onramp/algorithms/learner_factory.h"
#include "onramp/algorithms/network_inputs.h"
#include "onramp/base/catalog.h"

namespace onramp {

/// What a run must know of a learner before it is built is read from its members, where it has them:
///   Config::input (InputConfig)                       the normaliser and the encoder that must be handed over
///   Config::gamma and Config::critic, value_range      how it values rewards
///   Config::source, or offline_source, online_source  replay sources that it draws from
///   Learner::check(config, observation)               static: throws ConfigError when there is nothing for it to see
///   Learner::provides() or provides(config)           static: names of parts handed over when its phase ends
///   Learner::needs(config, observation)               static: parts that it needs handed over, in place of those of Config::input
///   Learner::sources(config, online)                  static: replay sources, in place of those that Config names
///   Learner::terms(config)                            static: what it takes for granted of the attempts in them
///   Learner::usual_mode(config)                       static: how the policy acts that it leaves, where nobody says
///   Learner::has_density(config)                      static: whether the policy that it hands over has a density
///   Learner::wants_density()                          static: whether the policy handed over to it must have one
///   Learner::has_memory(config)                       static: whether the policy that it hands over has a memory
///   Learner::without_memory(config)                   static: why the policy handed over to it may have none; "": it may
///   Learner::default_phases(config, name, environment[, policies])  static: its course in a config without `phases`
///   Learner::policy_file(config)                      static: a policy that takes the place of what it would learn
///   Learner::check_given(config, context)             static: throws ConfigError for such a policy that will not do
///   Learner::make(config, context)                    static: the learner, where it is not always one of this class
template <class Learner, class Config>
class LearnerFactoryOf final : public LearnerFactory {
 public:
  explicit LearnerFactoryOf(const Config& config) : config_(config) {}

  std::vector<std::string> needs([[maybe_unused]] const ObservationSpec& observation) const override {
    if constexpr (requires { Learner::check(config_, observation); }) Learner::check(config_, observation);
    if constexpr (requires { Learner::needs(config_, observation); })
      return Learner::needs(config_, observation);
    else if constexpr (requires { config_.input; })
      return NetworkInputs::needs(config_.input, observation);
    return {};
  }
  std::vector<std::string> provides() const override {
    if constexpr (requires { Learner::provides(config_); })
      return Learner::provides(config_);
    else if constexpr (requires { Learner::provides(); })
      return Learner::provides();
    return {};
  }
  std::vector<std::string> sources([[maybe_unused]] bool online) const override {
    if constexpr (requires { Learner::sources(config_, online); }) {
      return Learner::sources(config_, online);
    } else if constexpr (requires { config_.source; }) {
      return {config_.source};
    } else if constexpr (requires { config_.offline_source; }) {
      if (!online) return {config_.offline_source};
      if (config_.online_share >= 1) return {config_.online_source};
      return {config_.offline_source, config_.online_source};
    }
    return {};
  }
  std::vector<SourceTerms> terms() const override {
    if constexpr (requires { Learner::terms(config_); }) return Learner::terms(config_);
    return {};
  }
  std::optional<ValueTerms> values() const override {
    std::optional<ValueTerms> values;
    if constexpr (requires { config_.gamma, config_.critic; }) {
      values.emplace().gamma = config_.gamma;
      if constexpr (requires { values->range = config_.value_range; }) values->range = config_.value_range;
    }
    return values;
  }
  std::optional<ActMode> usual_mode() const override {
    if constexpr (requires { Learner::usual_mode(config_); }) return Learner::usual_mode(config_);
    return {};
  }
  std::optional<bool> has_density() const override {
    if constexpr (requires { Learner::has_density(config_); }) return Learner::has_density(config_);
    return {};
  }
  bool wants_density() const override {
    if constexpr (requires { Learner::wants_density(); }) return Learner::wants_density();
    return false;
  }
  std::optional<bool> has_memory() const override {
    if constexpr (requires { Learner::has_memory(config_); }) return Learner::has_memory(config_);
    return {};
  }
  std::string without_memory() const override {
    if constexpr (requires { Learner::without_memory(config_); }) return Learner::without_memory(config_);
    return {};
  }
  std::vector<ConfigNode> default_phases(const std::string& learner, bool environment,
                                         const PolicyOfPart& policies) const override {
    if constexpr (requires { Learner::default_phases(config_, learner, environment, policies); }) {
      return Learner::default_phases(config_, learner, environment, policies);
    } else if constexpr (requires { Learner::default_phases(config_, learner, environment); }) {
      return Learner::default_phases(config_, learner, environment);
    }
    return LearnerFactory::default_phases(learner, environment, policies);
  }
  bool acts() const override { return std::is_base_of_v<Agent, Learner>; }
  std::string policy_file() const override {
    if constexpr (requires { Learner::policy_file(config_); }) return Learner::policy_file(config_);
    return {};
  }
  void check_given([[maybe_unused]] const LearnerContext& context) const override {
    if constexpr (requires { Learner::check_given(config_, context); }) Learner::check_given(config_, context);
  }
  std::unique_ptr<Learnable> make(const LearnerContext& context) const override {
    if constexpr (requires { Learner::make(config_, context); })
      return Learner::make(config_, context);
    else
      return std::make_unique<Learner>(config_, context);
  }

 private:
  Config config_;
};

/// Adds a learner that is constructed from (const Config&, const LearnerContext&).
template <class Learner, class Config>
void add_learner(Registry<LearnerFactory>& learners, const std::string& name, const std::string& summary) {
  learners.add<Config>(
      name, summary, [](const Config& config) { return std::make_unique<LearnerFactoryOf<Learner, Config>>(config); });
}

}  // namespace onramp
