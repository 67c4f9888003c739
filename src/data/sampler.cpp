#include "onramp/data/sampler.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>

#include "onramp/base/error.h"
#include "onramp/base/random.h"
#include "request.h"

namespace onramp {

namespace {

struct ActiveSource {
  const ReplaySource* source;
  EpisodeFilter filter;
  std::span<const int64_t> rows;      // of its steps
  std::span<const float> mc_returns;  // by row; empty unless asked for
};

at::Tensor floats(int64_t n) { return at::empty({n}, at::kFloat); }

/// Rows of one draw, before anything is gathered.
struct Rows {
  std::vector<int64_t> at, next, goal;
  std::vector<uint16_t> source;  // index of the active source
};

/// Row of the goal of the step from `row` (hindsight goals, HILP): itself, a later state of its episode, or any state.
int64_t draw_goal(const BatchRequest& request, const Dataset& dataset, const ActiveSource& active, int64_t row,
                  Rng& rng) {
  const double kind = rng.uniform();
  if (kind < request.goal_self) return row;
  if (kind < request.goal_self + request.goal_future) {
    // Geometric: P(steps ahead = d) = (1 - g) g^(d - 1); the rest of the mass falls on the last state.
    const int64_t left = dataset.info(dataset.episode_of(row)).last_row() - row;
    const double u = rng.uniform();
    const double ahead = request.gamma > 0.0 ? 1.0 + std::floor(std::log1p(-u) / std::log(request.gamma)) : 1.0;
    return row + (ahead < static_cast<double>(left) ? static_cast<int64_t>(ahead) : left);
  }
  // Every state once: the steps' states, then the last states of the episodes.
  const auto steps = static_cast<int64_t>(active.rows.size());
  const auto episodes = active.source->episodes(active.filter);
  const int64_t state = rng.below(steps + static_cast<int64_t>(episodes.size()));
  if (state < steps) return active.rows[static_cast<size_t>(state)];
  return dataset.info(episodes[static_cast<size_t>(state - steps)]).last_row();
}

/// Each drawn step becomes T that follow each other, row after row; where the episode ends its last step is repeated.
/// @return 1 where a step is there, float [B, T]
at::Tensor extend_to_sequences(int64_t T, const Dataset& dataset, Rows& rows) {
  const auto B = static_cast<int64_t>(rows.at.size());
  auto mask = at::empty({B, T}, at::kFloat);
  float* there = mask.mutable_data_ptr<float>();
  Rows steps;
  for (size_t i = 0; i < rows.at.size(); ++i) {
    const int64_t last = dataset.info(dataset.episode_of(rows.at[i])).last_row() - 1;  // no step starts at the last row
    for (int64_t t = 0; t < T; ++t) {
      const int64_t row = rows.at[i] + t;
      *there++ = row <= last ? 1.0F : 0.0F;
      steps.at.push_back(std::min(row, last));
      steps.source.push_back(rows.source[i]);
    }
  }
  steps.next.resize(steps.at.size());
  rows = std::move(steps);
  return mask;
}

/// [B * T, ...] -> [B, T, ...] of whatever a batch holds.
void unflatten_time(Batch& batch, int64_t T) {
  const auto split = [T](const at::Tensor& x) { return x.unflatten(0, {-1, T}); };
  for (Observation* obs : {&batch.obs, &batch.next_obs}) {
    Observation sequences;
    for (const auto& [name, value] : *obs) sequences.set(name, split(value));
    *obs = std::move(sequences);
  }
  for (at::Tensor* x : {&batch.action, &batch.reward, &batch.discount}) *x = split(*x);
  for (auto& [name, column] : batch.columns) column = split(column);
}

/// reward, discount and the row to bootstrap from.
void fill_n_step(const BatchRequest& request, const Dataset& dataset, const std::vector<ActiveSource>& active,
                 Rows& rows, Batch& batch) {
  const auto B = static_cast<int64_t>(rows.at.size());
  batch.reward = floats(B);
  batch.discount = floats(B);
  float* reward = batch.reward.mutable_data_ptr<float>();
  float* discount = batch.discount.mutable_data_ptr<float>();
  for (size_t i = 0; i < rows.at.size(); ++i) {
    const auto& episode = dataset.info(dataset.episode_of(rows.at[i]));
    const auto rewards =
        dataset.reward_column().subspan(static_cast<size_t>(episode.first_row), static_cast<size_t>(episode.length));
    const auto& source = *active[rows.source[i]].source;
    const auto& transform = source.config().reward;
    const bool lasts = source.lasts(episode);
    auto window = n_step_return(rewards, rows.at[i] - episode.first_row, request.n_step, request.gamma,
                                episode.terminal && !lasts, transform);
    if (lasts && window.next == episode.length) {
      window = with_lasting_end(window, rewards.back(), request.gamma, transform);
    }
    reward[i] = static_cast<float>(window.reward);
    discount[i] = static_cast<float>(window.discount);
    rows.next[i] = episode.first_row + window.next;
  }
}

/// reward, discount and `reached` of goal-reaching: 0 at the goal, -1 for every step on the way.
void fill_goal(const BatchRequest& request, const Rows& rows, Batch& batch) {
  const auto B = static_cast<int64_t>(rows.at.size());
  batch.reward = floats(B);
  batch.discount = floats(B);
  auto reached = floats(B);
  for (size_t i = 0; i < rows.at.size(); ++i) {
    const bool at_goal = rows.goal[i] == rows.at[i];
    reached.mutable_data_ptr<float>()[i] = at_goal ? 1.0F : 0.0F;
    batch.reward.mutable_data_ptr<float>()[i] = at_goal ? 0.0F : -1.0F;
    batch.discount.mutable_data_ptr<float>()[i] = at_goal ? 0.0F : static_cast<float>(request.gamma);
  }
  batch.columns["reached"] = reached;
}

at::Tensor make_column(const std::string& name, const Dataset& dataset, const std::vector<ActiveSource>& active,
                       const Rows& rows) {
  if (name == "executed_action") return dataset.executed_actions(rows.at);
  if (!detail::is_computed_column(name)) return dataset.column(name, rows.at);
  auto column = floats(static_cast<int64_t>(rows.at.size()));
  float* out = column.mutable_data_ptr<float>();
  for (size_t i = 0; i < rows.at.size(); ++i) {
    const int64_t row = rows.at[i];
    const auto& episode = dataset.info(dataset.episode_of(row));
    if (name == "mc_return") {
      out[i] = active[rows.source[i]].mc_returns[static_cast<size_t>(row)];
    } else if (name == "success") {
      out[i] = dataset.success_column()[static_cast<size_t>(row)] ? 1.0F : 0.0F;
    } else if (name == "episode_success") {
      out[i] = episode.succeeded ? 1.0F : 0.0F;
    } else {
      out[i] = static_cast<float>(row - episode.first_row);
    }
  }
  return column;
}

}  // namespace

Batch Sampler::draw(const BatchRequest& request, const Replay& replay, uint64_t k) const {
  const auto& dataset = replay.dataset();
  const bool wants_mc = std::find(request.columns.begin(), request.columns.end(), "mc_return") != request.columns.end();
  std::vector<ActiveSource> active;
  std::vector<double> shares;
  for (const SourceShare* share : detail::active_shares(request, replay)) {
    const auto& source = replay.source(share->source);
    active.push_back({&source, share->filter, source.step_rows(share->filter),
                      wants_mc ? source.mc_returns(request.gamma) : std::span<const float>{}});
    shares.push_back(share->share);
  }
  auto& cycle = cycles_[shares];
  if (cycle.empty()) cycle = share_cycle(shares);

  const auto B = static_cast<size_t>(request.size * request.minibatches);
  const bool goals = request.kind == SampleKind::kGoal, sequences = request.kind == SampleKind::kSequence;
  Rng rng = RandomStream(seed_, "sampler/" + request.name).at(k);
  Rows rows{std::vector<int64_t>(B), std::vector<int64_t>(B), std::vector<int64_t>(goals ? B : 0),
            std::vector<uint16_t>(B)};
  for (size_t i = 0, position = (k * B) % cycle.size(); i < B; ++i) {
    rows.source[i] = cycle[position];
    if (++position == cycle.size()) position = 0;
    const auto& from = active[rows.source[i]];
    rows.at[i] = from.rows[static_cast<size_t>(rng.below(static_cast<int64_t>(from.rows.size())))];
    rows.next[i] = rows.at[i] + 1;
    if (goals) rows.goal[i] = draw_goal(request, dataset, from, rows.at[i], rng);
  }

  Batch batch;
  const auto mask = sequences ? extend_to_sequences(request.steps, dataset, rows) : at::Tensor();  // [B, T]
  if (goals) {
    fill_goal(request, rows, batch);
    batch.goal = dataset.observations(rows.goal, request.observations, request.images);
  } else {
    fill_n_step(request, dataset, active, rows, batch);
  }
  batch.obs = dataset.observations(rows.at, request.observations, request.images);
  batch.next_obs = dataset.observations(rows.next, request.observations, request.images);
  batch.action = dataset.actions(rows.at);
  for (const auto& name : request.columns) {
    if (!detail::belongs_to_kind(name, request.kind)) batch.columns[name] = make_column(name, dataset, active, rows);
  }
  if (sequences) {
    unflatten_time(batch, request.steps);
    batch.columns["mask"] = mask;
  }
  return batch;
}

Batch Sampler::sample(const BatchRequest& request, const Replay& replay) {
  auto& counter = counters_[request.name];
  Batch batch = draw(request, replay, counter);
  ++counter;  // after the draw: one that failed is not counted
  return batch;
}

Batches Sampler::sample(const std::vector<BatchRequest>& plan, const Replay& replay) {
  Batches batches;
  for (const auto& request : plan) batches[request.name] = sample(request, replay);
  return batches;
}

uint64_t Sampler::counter(const std::string& request_name) const {
  const auto found = counters_.find(request_name);
  return found == counters_.end() ? 0 : found->second;
}

nlohmann::json Sampler::save() const { return {{"seed", seed_}, {"counters", counters_}}; }

void Sampler::load(const nlohmann::json& state) {
  try {
    const auto seed = state.at("seed").get<uint64_t>();
    if (seed != seed_) {
      throw CheckpointError(concat("sampler: the checkpoint was written with seed ", seed, ", this run has ", seed_));
    }
    counters_ = state.at("counters").get<std::map<std::string, uint64_t>>();
  } catch (const nlohmann::json::exception& error) {
    throw CheckpointError(concat("sampler: its state in the checkpoint is not readable (", error.what(), ")"));
  }
}

std::vector<uint16_t> share_cycle(const std::vector<double>& shares) {
  ONRAMP_CHECK(!shares.empty() && shares.size() < 65536, shares.size(), " shares");
  double sum = 0.0;
  for (const double share : shares) {
    ONRAMP_CHECK(share > 0.0 && std::isfinite(share), "share ", share);
    sum += share;
  }
  // The shortest cycle in which every share is a whole number of rows; failing that the longest allowed, rounded.
  constexpr int64_t kLongest = 65536;
  constexpr double kTolerance = 1e-9;
  const auto fits = [&](int64_t length) {
    return std::all_of(shares.begin(), shares.end(), [&](double share) {
      const double rows = share / sum * static_cast<double>(length);
      return std::abs(rows - std::round(rows)) <= kTolerance * static_cast<double>(length) && std::round(rows) >= 1.0;
    });
  };
  int64_t length = 1;
  while (length < kLongest && !fits(length)) ++length;
  std::vector<int64_t> count;
  int64_t total = 0;
  for (const double share : shares) {
    count.push_back(std::max<int64_t>(1, std::llround(share / sum * static_cast<double>(length))));
    total += count.back();
  }
  // Each position goes to the source that lags furthest behind its share.
  std::vector<uint16_t> cycle(static_cast<size_t>(total));
  std::vector<int64_t> given(shares.size(), 0);
  for (size_t p = 0; p < cycle.size(); ++p) {
    size_t best = 0;
    int64_t most = std::numeric_limits<int64_t>::min();
    for (size_t s = 0; s < shares.size(); ++s) {
      if (given[s] == count[s]) continue;
      const int64_t lag = count[s] * static_cast<int64_t>(p + 1) - given[s] * total;
      if (lag > most) {
        most = lag;
        best = s;
      }
    }
    cycle[p] = static_cast<uint16_t>(best);
    ++given[best];
  }
  return cycle;
}

}  // namespace onramp
