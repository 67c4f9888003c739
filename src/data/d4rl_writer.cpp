#include <utility>

#include "d4rl_layout.h"
#include "data_writer.h"
#include "episode_head.h"
#include "onramp/base/error.h"
#include "onramp/data/store/hdf5_stream_writer.h"

namespace onramp::detail {

namespace fs = std::filesystem;

namespace {

constexpr int kGzip = 1;  // of pictures

class D4rlWriter final : public DataWriter {
 public:
  D4rlWriter(const fs::path& path, const fs::path& shown) : file_(path, shown), label_(shown.string()) {}

  void add(const Episode& episode, int64_t number) override {
    if (!known_) {
      observation_ = episode.observation_spec;
      action_ = episode.action_spec;
      flat_ = flat_entries(observation_);
      if (flat_.empty()) throw DataError(concat(label_, ": no observation can be a flat file's `observations`"));
      known_ = true;
    } else if (!(episode.observation_spec == observation_ && episode.action_spec == action_)) {
      throw DataError(concat(label_, ": episode ", number,
                             " has other observations or actions than those before it; "
                             "a flat file holds one kind"));
    }
    const auto T = static_cast<size_t>(episode.length());
    write_observations(episode, T);
    file_.append("actions", episode.action, {episode.action_spec.dim});
    file_.append("rewards", episode.reward, {});
    std::vector<uint8_t> terminals(T, 0), timeouts(T, 0);
    (episode.terminal() ? terminals : timeouts).back() = 1;
    file_.append_bools("terminals", terminals);
    file_.append_bools("timeouts", timeouts);
    file_.append_bools("infos/success", episode.success);
    file_.append(kOwnExecuted, episode.executed_action, {episode.action_spec.dim});
    for (const auto& [name, column] : episode.extra) file_.append(kOwnExtra + name, column.values, {column.width});
    file_.append_text(kOwnEpisodes, head_text(episode));
    file_.flush();
    unseen_.add(episode);
  }
  void finish() override { file_.close(); }
  std::string unseen() const override { return unseen_.text(); }

 private:
  void write_observations(const Episode& episode, size_t T) {
    if (flat_[0].dtype == DType::kUint8) {
      const std::span<const uint8_t> all(episode.images.at(flat_[0].name));
      const auto numel = static_cast<size_t>(flat_[0].numel());
      file_.append("observations", all.first(T * numel), flat_[0].shape, kGzip);
      file_.append("next_observations", all.subspan(numel), flat_[0].shape, kGzip);
    } else {
      int64_t width = 0;
      std::vector<float> rows;  // [T + 1, width]
      for (const auto& entry : flat_) width += entry.numel();
      for (size_t t = 0; t <= T; ++t) {
        for (const auto& entry : flat_) {
          const auto numel = static_cast<size_t>(entry.numel());
          const auto from = episode.vectors.at(entry.name).begin() + static_cast<std::ptrdiff_t>(t * numel);
          rows.insert(rows.end(), from, from + static_cast<std::ptrdiff_t>(numel));
        }
      }
      const std::span<const float> all(rows);
      file_.append("observations", all.first(T * static_cast<size_t>(width)), {width});
      file_.append("next_observations", all.subspan(static_cast<size_t>(width)), {width});
    }
    for (const auto& entry : episode.observation_spec.entries) {
      if (is_flat(flat_, entry.name)) continue;
      unseen_.also(concat("observation '", entry.name, "'"));
      if (entry.dtype == DType::kUint8) {
        file_.append(kOwnObservations + entry.name, episode.images.at(entry.name), entry.shape, kGzip);
      } else {
        file_.append(kOwnObservations + entry.name, episode.vectors.at(entry.name), entry.shape);
      }
    }
  }

  Hdf5StreamWriter file_;
  std::string label_;
  ObservationSpec observation_;
  ActionSpec action_;
  std::vector<EntrySpec> flat_;
  bool known_ = false;
  Unseen unseen_;
};

}  // namespace

std::unique_ptr<DataWriter> make_d4rl_writer(const fs::path& path, const fs::path& shown) {
  return std::make_unique<D4rlWriter>(path, shown);
}

}  // namespace onramp::detail
