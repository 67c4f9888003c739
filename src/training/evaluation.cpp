#include "onramp/training/evaluation.h"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <optional>

#include "onramp/base/random.h"
#include "onramp/base/text.h"
#include "onramp/envs/batched_environment.h"
#include "onramp/training/film.h"

namespace onramp {

int64_t EvaluationResult::successes() const { return std::accumulate(success.begin(), success.end(), int64_t{0}); }

double EvaluationResult::rate() const { return success.empty() ? 0.0 : double(successes()) / double(success.size()); }

Interval EvaluationResult::interval() const { return wilson(successes(), static_cast<int64_t>(success.size())); }

double EvaluationResult::mean_return() const {
  return returns.empty() ? 0.0 : std::accumulate(returns.begin(), returns.end(), 0.0) / double(returns.size());
}

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
          {"lengths", lengths},
          {"ends", ends},
          {"mean_return", mean_return()}};
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
  json.at("lengths").get_to(result.lengths);
  json.at("ends").get_to(result.ends);
  return result;
}

EvaluationResult evaluate(BatchedEnvironment& environments, Policy& policy, const std::string& name,
                          const EvaluationSettings& settings, const std::function<void(int64_t, double)>& progress,
                          const std::function<bool()>& stop) {
  EvaluationResult result;
  result.name = name;
  result.policy_hash = policy.content_hash();
  const int64_t width = std::min<int64_t>(settings.batch, environments.size());
  for (int64_t first = 0; first < settings.episodes; first += width) {
    const int64_t rows = std::min(width, settings.episodes - first);
    std::vector<uint64_t> seeds;
    for (int64_t row = 0; row < rows; ++row) {
      seeds.push_back(held_out_seed(settings.first_seed + first + row));
    }
    std::vector<Observation> observations = environments.reset(seeds);
    for (const auto& observation : observations) check_observation(observation, environments.spec());
    // Draws follow from the first seed of the wave, so a wave does not depend on those before it.
    RandomStream draws(seeds.front(), "act");
    const auto state = policy.begin(rows);
    struct Row {
      bool success = false, success_at_end = false;
      double total = 0.0;
      int64_t length = 0;
      std::optional<EndReason> end;
    };
    std::vector<Row> wave(static_cast<size_t>(rows));
    for (int64_t running = rows; running > 0;) {
      if (stop && stop()) return result;
      Rng random = draws.next();
      const Action chosen =
          policy.act(stack(observations), *state, settings.sample ? ActMode::kSample : ActMode::kMode, random);
      std::vector<at::Tensor> actions(static_cast<size_t>(rows));  // undefined: that row rests, its episode is over
      for (int64_t row = 0; row < rows; ++row) {
        if (!wave[size_t(row)].end) actions[size_t(row)] = chosen.action[row].contiguous();
      }
      auto steps = environments.step(actions);
      for (int64_t row = 0; row < rows; ++row) {
        auto& record = wave[size_t(row)];
        if (record.end) continue;
        auto& step = *steps[size_t(row)];
        check_step(step, environments.spec());
        record.success |= step.success;
        record.success_at_end = step.success;
        record.total += step.reward;
        ++record.length;
        record.end = step.end;
        observations[size_t(row)] = std::move(step.obs);
        running -= step.end.has_value();
      }
    }
    for (int64_t row = 0; row < rows; ++row) {
      const auto& record = wave[size_t(row)];
      result.seeds.push_back(settings.first_seed + first + row);
      result.success.push_back(record.success);
      result.success_at_end.push_back(record.success_at_end);
      result.returns.push_back(record.total);
      result.lengths.push_back(record.length);
      ++result.ends[std::string(to_string(*record.end))];
    }
    if (progress) progress(first + rows, result.rate());
  }
  return result;
}

void check_fits(const Policy& policy, const EnvSpec& spec) {
  for (const auto& entry : policy.observation_spec().entries) {
    const auto* there = spec.observation.find(entry.name);
    if (!there) {
      std::vector<std::string> names;
      for (const auto& other : spec.observation.entries) names.push_back(other.name);
      throw ConfigError(concat("the policy sees '", entry.name, "', ", type_text(entry), ", and ", spec.name,
                               " does not show it (but: ", join(names), ")"));
    }
    if (there->dtype == entry.dtype && there->shape == entry.shape) continue;
    throw ConfigError(concat("the policy sees '", entry.name, "' as ", type_text(entry), ", and ", spec.name,
                             " shows it as ", type_text(*there)));
  }
  if (policy.action_spec().dim == spec.action.dim) return;
  throw ConfigError(concat("the policy's actions have ", policy.action_spec().dim, " values, and ", spec.name,
                           " takes ", spec.action.dim));
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
