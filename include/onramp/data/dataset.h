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
  /// @param frames where images lie
  Dataset(ObservationSpec observation, ActionSpec action,
          const std::shared_ptr<FrameSpace>& frames = std::make_shared<FrameSpace>());

  /// Copies an episode in. O(bytes). @throws DataError as check, IoError when its images need a file and the disk is
  /// full; the data set is then unchanged.
  EpisodeId add(const Episode& episode);
  /// @throws DataError naming what does not fit (an entry's shape, a column's length, no steps, a value that is not
  /// finite)
  void check(const Episode& episode) const;
  /// Gets the space for the images of so many rows in all. @throws IoError when the disk has no room
  void reserve(int64_t rows);
  /// Whether that would need no file.
  bool fits_in_memory(int64_t rows) const;

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
    FrameStore store;
    std::vector<FrameId> ids;  // [rows]
  };
  struct ExtraColumn {
    int64_t width;
    std::vector<float> values;       // [rows * width], rows of episodes before its first are not there
    int64_t first_row = 0;           // of values
    std::vector<EpisodeId> holders;  // ascending
  };

  std::shared_ptr<FrameSpace> frames_;
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

/// Without privileged simulator state, which stays on disk: memory holds what learners may see.
ObservationSpec visible_entries(const ObservationSpec& observation);

/// Bytes that `steps` steps in `episodes` episodes will take, images included.
int64_t memory_bill_bytes(const ObservationSpec& observation, const ActionSpec& action, int64_t steps,
                          int64_t episodes);
/// Of these, what the images of `rows` observations take.
int64_t frame_bill_bytes(const ObservationSpec& observation, int64_t rows);

}  // namespace onramp
