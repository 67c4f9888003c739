// What a config makes of recorded episodes beyond their format: when they succeed, and what their state is made of.
#include <algorithm>
#include <utility>

#include "foreign_arrays.h"
#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "onramp/base/text.h"
#include "sources.h"

namespace onramp::detail {

namespace {

class Reinterpreted final : public DataSource {
 public:
  Reinterpreted(std::unique_ptr<DataSource> inner, DataOptions options, std::string label)
      : inner_(std::move(inner)), options_(std::move(options)), label_(std::move(label)) {}
  std::string kind() const override { return inner_->kind(); }
  int64_t episodes() const override { return inner_->episodes(); }
  int64_t number(int64_t index) const override { return inner_->number(index); }
  std::string name(int64_t index) const override { return inner_->name(index); }
  std::string file(int64_t index) const override { return inner_->file(index); }
  std::vector<std::string> filter_keys(int64_t index) override { return inner_->filter_keys(index); }

  Episode read(int64_t index) override {
    Episode episode = inner_->read(index);
    notes_ = inner_->notes();
    faults_ = inner_->faults();
    if (options_.success_reward) {
      judge(episode);
      apply_options(episode, options_, /*cut_by_default=*/true, label_);
      notes_.assumed(
          concat("a step is a success where its reward is at least ", *options_.success_reward, " (success_reward)"));
    }
    if (!options_.state_keys.empty()) {
      join_state(episode);
      notes_.assumed(concat("`state` is ", join(options_.state_keys), " (state_keys)"));
    }
    return episode;
  }

 private:
  void judge(Episode& episode) const {
    for (size_t t = 0; t < episode.reward.size(); ++t) {
      episode.success[t] = episode.reward[t] >= *options_.success_reward;
    }
    if (episode.end == EndReason::kFailure && episode.success_at_end()) episode.end = EndReason::kSuccess;
  }

  /// Rows of the named vectors side by side. Pictures stay.
  void join_state(Episode& episode) const {
    std::vector<const EntrySpec*> parts;
    std::vector<std::string> names;
    for (const auto& entry : episode.observation_spec.entries) {
      if (!entry.is_image()) names.push_back(entry.name);
    }
    EntrySpec state{.name = "state", .shape = {0}};
    for (const auto& key : options_.state_keys) {
      const auto* entry = episode.observation_spec.find(key);
      if (!entry || entry->is_image()) {
        throw DataError(concat(label_, ": has no vector '", printable(key), "' that data.options.state_keys names",
                               did_you_mean(key, names), " (has: ", printable(join(names), 400), ")"));
      }
      parts.push_back(entry);
      state.shape[0] += entry->numel();
    }
    const auto rows = static_cast<size_t>(episode.length()) + 1;
    std::vector<float> joined;
    joined.reserve(rows * static_cast<size_t>(state.shape[0]));
    for (size_t t = 0; t < rows; ++t) {
      for (const auto* part : parts) {
        const auto width = part->numel();
        const auto from = episode.vectors.at(part->name).begin() + static_cast<std::ptrdiff_t>(t) * width;
        joined.insert(joined.end(), from, from + width);
      }
    }
    std::erase_if(episode.observation_spec.entries, [](const EntrySpec& entry) { return !entry.is_image(); });
    episode.observation_spec.entries.insert(episode.observation_spec.entries.begin(), std::move(state));
    episode.vectors.clear();
    episode.vectors["state"] = std::move(joined);
  }

  std::unique_ptr<DataSource> inner_;
  DataOptions options_;
  std::string label_;
};

}  // namespace

std::unique_ptr<DataSource> reinterpreted(std::unique_ptr<DataSource> inner, const DataOptions& options,
                                          const std::string& label) {
  return std::make_unique<Reinterpreted>(std::move(inner), options, label);
}

}  // namespace onramp::detail
