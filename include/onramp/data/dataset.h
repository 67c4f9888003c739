// The episodes of a run in memory: flat columns by row, images by frame id.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "onramp/data/batch.h"
#include "onramp/data/episode.h"
#include "onramp/data/frame_store.h"

namespace onramp {

using EpisodeId = int64_t;  ///< 0, 1, 2, ... in order of insertion

/// What is kept of an episode beside its rows.
struct EpisodeInfo {
  int64_t first_row = 0;  ///< its observation t is row first_row + t, t in 0..length
  int64_t length = 0;     ///< T steps; T + 1 rows
  EndReason end = EndReason::kTimeLimit;
  bool terminal = false;
  bool succeeded = false;
  double raw_return = 0.0;  ///< undiscounted sum of raw rewards
  std::map<std::string, std::string> meta;
  int64_t last_row() const { return first_row + length; }
};

/// Thread safety: concurrent reads; `add` excludes everything else.
/// Invariants: an episode of T steps owns T + 1 consecutive rows, one an observation; the step from row r leads to row
/// r + 1; no step starts at an episode's last row. Nothing is ever removed or moved to another row.
class Dataset {
 public:
  /// @param observation entries to keep: an episode may carry more, never less.
  Dataset(ObservationSpec observation, ActionSpec action,
          const FrameStoreFactory& make_store = make_memory_frame_store);

  /// Copies an episode in. O(bytes). @throws DataError naming what does not fit (an entry's shape, a column's length,
  /// no steps, a value that is not finite); the data set is then unchanged.
  EpisodeId add(const Episode& episode);

  int64_t episodes() const { return static_cast<int64_t>(infos_.size()); }
  int64_t rows() const { return static_cast<int64_t>(row_episode_.size()); }
  int64_t steps() const { return rows() - episodes(); }
  const EpisodeInfo& info(EpisodeId id) const { return infos_.at(static_cast<size_t>(id)); }
  const ObservationSpec& observation_spec() const { return observation_spec_; }
  const ActionSpec& action_spec() const { return action_spec_; }

  // By row. At an episode's last row action, reward and extra columns hold zeros that nothing reads.
  EpisodeId episode_of(int64_t row) const { return row_episode_[static_cast<size_t>(row)]; }
  std::span<const float> rewards(EpisodeId id) const;  ///< raw, [T]
  std::span<const float> reward_column() const { return reward_; }
  std::span<const uint8_t> success_column() const { return success_; }

  /// [K, ...] of the named entries (empty: all that are not privileged). O(bytes). @throws ValueError on an unknown
  /// name.
  Observation observations(std::span<const int64_t> rows, const std::vector<std::string>& entries = {},
                           ImageForm images = ImageForm::kPixels) const;
  at::Tensor actions(std::span<const int64_t> rows) const;           ///< float [K, A]
  at::Tensor executed_actions(std::span<const int64_t> rows) const;  ///< float [K, A]
  /// A stored extra column: float [K] or, wider than 1, [K, W].
  at::Tensor column(const std::string& name, std::span<const int64_t> rows) const;
  /// Whether the episode carried that extra column.
  bool has_column(const std::string& name, EpisodeId id) const;
  std::vector<std::string> column_names() const;

  /// Frames of an image entry. @throws ValueError
  const FrameStore& frames(const std::string& entry) const;
  /// Main memory held, in bytes.
  int64_t resident_bytes() const;

 private:
  struct VectorEntry {
    int64_t width;
    std::vector<float> values;  // [rows * width]
  };
  struct ImageEntry {
    std::unique_ptr<FrameStore> store;
    std::vector<FrameId> ids;  // [rows]
  };
  struct ExtraColumn {
    int64_t width;
    std::vector<float> values;       // [rows * width], rows of episodes before its first are not there
    int64_t first_row = 0;           // of values
    std::vector<EpisodeId> holders;  // ascending
  };
  void check(const Episode& episode) const;

  ObservationSpec observation_spec_;
  ActionSpec action_spec_;
  std::map<std::string, VectorEntry> vectors_;
  std::map<std::string, ImageEntry> images_;
  std::map<std::string, ExtraColumn> extra_;
  std::vector<float> action_, executed_action_;  // [rows * A]
  std::vector<float> reward_;                    // [rows]
  std::vector<uint8_t> success_;                 // [rows]
  std::vector<EpisodeId> row_episode_;           // [rows]
  std::vector<EpisodeInfo> infos_;
};

/// Bytes that `steps` steps in `episodes` episodes will take: what a run prints before it starts.
int64_t memory_bill_bytes(const ObservationSpec& observation, const ActionSpec& action, int64_t steps,
                          int64_t episodes);

}  // namespace onramp
