#include "source_checks.h"

#include <algorithm>
#include <map>

#include "onramp/base/log.h"
#include "onramp/base/text.h"

namespace onramp::detail {
namespace {

constexpr const char* kWhereBegun = ", in a run.folder of its own where a run has begun";

ReplaySourceConfig settings_of(const RunConfig& config, const std::string& source) {
  const auto found = config.sources.find(source);
  return found == config.sources.end() ? ReplaySourceConfig{} : found->second;
}

}  // namespace

void check_scales(const RunConfig& config, const std::vector<Draw>& drawn) {
  std::map<std::string, std::string> first;  // source by learner
  for (const auto& [at, learner, source, there] : drawn) {
    const auto& other = first.try_emplace(learner, source).first->second;
    const auto differ = [&, &at = at, &learner = learner, &source = source](const std::string& what,
                                                                            const std::string& key) {
      at.fail(concat("learner '", learner, "' draws from sources '", other, "' and '", source, "', which ", what,
                     " differently; give both the same `", key, "` under `sources`"));
    };
    if (!(settings_of(config, other).reward == settings_of(config, source).reward))
      differ("transform rewards", "reward");
    if (settings_of(config, other).safety_stop != settings_of(config, source).safety_stop)
      differ("take a protective stop", "safety_stop");
  }
}

void check_worth(const RunConfig& config, const ConfigNode& root, const std::vector<Draw>& drawn,
                 const std::vector<std::pair<ConfigNode, std::string>>& collected, SpecOnce& spec) {
  if (!config.env || !spec.of(config).sparse_reward) return;
  for (const auto& [at, learner, source, there] : drawn) {
    const auto enters = [&source = source](const auto& filled) { return filled.second == source; };
    const auto values = config.learners.at(learner).make()->values();
    if (!values || !(values->gamma < 1.0) || std::none_of(collected.begin(), collected.end(), enters)) continue;
    const auto reward = settings_of(config, source).reward;
    const auto worth = sparse_worth(reward, *spec.of(config).sparse_reward, values->gamma);
    if (!(reward == RewardTransform{})) {
      const auto why = why_not_transform(reward, worth);
      if (!why.empty()) root.at("sources").at(source).at("reward").fail(concat(why, kWhereBegun));
    }
    if (values->range) {
      const auto why = why_not_range(*values->range, worth);
      if (!why.empty()) root.at("learners").at(learner).at("value_range").fail(concat(why, kWhereBegun));
    }
  }
}

void check_data_reward(const RunConfig& config, const ConfigNode& root, const std::vector<Draw>& drawn,
                       SpecOnce& spec) {
  if (!config.data || !config.env) return;
  const auto recorded = made_of_success(config.data->options.reward.value_or(D4rlReward::kFile));
  const auto& paid = spec.of(config).sparse_reward;
  if (!recorded || !paid || (recorded->success == paid->success && recorded->failure == paid->failure)) return;
  for (const auto& draw : drawn) {
    if (draw.source != config.data->source || !config.learners.at(draw.learner).make()->values()) continue;
    root.at("data").at("options").at("reward").fail(
        concat("learner '", draw.learner, "' would be shown ", recorded->failure, " and at success ", recorded->success,
               " in the data, ", paid->failure, " and ", paid->success, " by the environment; pay both alike"));
  }
}

void warn_where_a_stop_pays(const RunConfig& config, const ConfigNode& root, SpecOnce& spec) {
  for (const auto& [name, source] : config.sources) {
    if (!config.env || !(source.reward.bias < 0) || source.safety_stop == StopMeaning::kLasting) continue;
    if (!spec.of(config).safety_stop_is_terminal) return;
    const ConfigNode at = root.at("sources").at(name);
    log_warning(at.origin().str(), ": ", at.path(), ": a step that earns nothing is worth ", source.reward.bias,
                ", and a protective stop of this task saves all that would follow: a learner may seek it; set "
                "safety_stop: lasting, or let it cut attempts off (vacuum_grasp: safety_stop_is_terminal: false)");
    return;
  }
}

void FilledSources::check(const std::string& learner, bool acts, const std::string& cloning) const {
  for (const auto& terms : config_.learners.at(learner).make()->terms()) {
    for (const auto& filled : filled_) {
      if (filled.source != terms.source) continue;
      const bool by_cloned = !cloning.empty() && filled.learner == cloning;
      if (terms.own && acts && filled.learner != learner && !by_cloned) {
        filled.at.fail(concat("learner '", learner, "' wants its own attempts alone in replay source '", terms.source,
                              "': ", terms.remedy));
      }
      if (terms.act && filled.act && !acts && differ(*terms.act, *filled.act, filled.learner)) {
        log_warning(filled.at.origin().str(), ": ", filled.at.path(),
                    ": these attempts are made by `act: ", enum_name(*filled.act), "`, and learner '", learner,
                    "' takes them to be made by `", enum_name(*terms.act), "`: ", terms.remedy);
      }
    }
  }
}

bool FilledSources::differ(ActSetting one, ActSetting other, const std::string& learner) const {
  if (one == other) return false;
  if (one != ActSetting::kAuto && other != ActSetting::kAuto) return true;
  const auto usual = learner.empty() ? std::nullopt : config_.learners.at(learner).make()->usual_mode();
  const auto said = one == ActSetting::kAuto ? other : one;
  return usual && *usual != (said == ActSetting::kMode ? ActMode::kMode : ActMode::kSample);
}

}  // namespace onramp::detail
