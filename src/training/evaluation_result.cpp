// What came of scoring policies: intervals, comparison by pairs, the table.
#include <algorithm>
#include <cstdio>
#include <numeric>

#include "onramp/base/text.h"
#include "onramp/training/evaluation.h"

namespace onramp {

int64_t EvaluationResult::successes() const { return std::accumulate(success.begin(), success.end(), int64_t{0}); }

double EvaluationResult::rate() const { return success.empty() ? 0.0 : double(successes()) / double(success.size()); }

Interval EvaluationResult::interval() const { return wilson(successes(), static_cast<int64_t>(success.size())); }

namespace {

double mean_of(const std::vector<double>& values) {
  return values.empty() ? 0.0 : std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

/// Whether episodes that are alike in success at the end ended with other rewards.
bool last_reward_says_more(const EvaluationResult& result) {
  std::map<uint8_t, double> first;
  for (size_t i = 0; i < result.last_rewards.size(); ++i) {
    const auto reward = result.last_rewards[i];
    if (first.try_emplace(result.success_at_end[i], reward).first->second != reward) return true;
  }
  return false;
}

}  // namespace

double EvaluationResult::mean_return() const { return mean_of(returns); }

double EvaluationResult::mean_last_reward() const { return mean_of(last_rewards); }

nlohmann::json EvaluationResult::to_json() const {
  const auto [low, high] = interval();
  return {{"name", name},
          {"phase", phase},
          {"policy_hash", policy_hash},
          {"episodes", success.size()},
          {"rate", rate()},
          {"low", low},
          {"high", high},
          {"seeds", seeds},
          {"success", success},
          {"success_at_end", success_at_end},
          {"returns", returns},
          {"last_rewards", last_rewards},
          {"lengths", lengths},
          {"ends", ends},
          {"mean_return", mean_return()},
          {"mean_last_reward", mean_last_reward()}};
}

EvaluationResult EvaluationResult::from_json(const nlohmann::json& json) {
  EvaluationResult result;
  json.at("name").get_to(result.name);
  json.at("phase").get_to(result.phase);
  json.at("policy_hash").get_to(result.policy_hash);
  json.at("seeds").get_to(result.seeds);
  json.at("success").get_to(result.success);
  json.at("success_at_end").get_to(result.success_at_end);
  json.at("returns").get_to(result.returns);
  result.last_rewards = json.value("last_rewards", std::vector<double>{});  // earlier versions did not keep them
  json.at("lengths").get_to(result.lengths);
  json.at("ends").get_to(result.ends);
  return result;
}

PairedComparison compare(const EvaluationResult& first, const EvaluationResult& second) {
  std::map<int64_t, bool> success;
  for (size_t i = 0; i < second.seeds.size(); ++i) success[second.seeds[i]] = second.success[i];
  PairedComparison result;
  for (size_t i = 0; i < first.seeds.size(); ++i) {
    const auto other = success.find(first.seeds[i]);
    if (other == success.end()) continue;
    ++result.seeds;
    result.gained += first.success[i] && !other->second;
    result.lost += !first.success[i] && other->second;
  }
  result.p = sign_test(result.gained, result.lost);
  return result;
}

std::string success_table(const std::vector<EvaluationResult>& results) {
  size_t width = 6;
  for (const auto& result : results) width = std::max(width, result.name.size());
  std::string text = concat("policy", std::string(width - 6, ' '),
                            "  success      95 % interval    return  held at end  episodes ended by\n");
  for (const auto& result : results) {
    const auto [low, high] = result.interval();
    const double at_end =
        double(std::accumulate(result.success_at_end.begin(), result.success_at_end.end(), int64_t{0}));
    std::string ends;
    for (const auto& [reason, count] : result.ends) ends += concat(ends.empty() ? "" : ", ", reason, " ", count);
    char line[256];
    std::snprintf(line, sizeof line, "%-*s  %3lld/%lld %5.1f %%  %5.1f .. %5.1f %%  %8.2f  %8.1f %%   %s\n", int(width),
                  result.name.c_str(), static_cast<long long>(result.successes()),
                  static_cast<long long>(result.success.size()), 100 * result.rate(), 100 * low, 100 * high,
                  result.mean_return(), result.success.empty() ? 0.0 : 100 * at_end / double(result.success.size()),
                  ends.c_str());
    text += line;
  }
  std::string last_rewards;
  for (const auto& result : results) {
    if (!last_reward_says_more(result)) continue;
    char mean[32];
    std::snprintf(mean, sizeof mean, "%.2f", result.mean_last_reward());
    last_rewards += concat(last_rewards.empty() ? "" : ", ", result.name, " ", mean);
  }
  if (!last_rewards.empty()) text += concat("reward of the last step, mean: ", last_rewards, "\n");
  for (size_t i = 0; i + 1 < results.size(); ++i) {
    const auto pairs = compare(results.back(), results[i]);
    if (pairs.seeds == 0) continue;
    char p[32];
    std::snprintf(p, sizeof p, "%.2g", pairs.p);
    text += concat(results.back().name, " against ", results[i].name, ", seed by seed: ", pairs.gained, " won, ",
                   pairs.lost, " lost, ", pairs.seeds - pairs.gained - pairs.lost, " alike (sign test p = ", p, ")\n");
  }
  return text;
}

}  // namespace onramp
