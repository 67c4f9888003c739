// Films of a policy at work.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "onramp/data/acting.h"
#include "onramp/data/episode.h"
#include "onramp/data/policy.h"
#include "onramp/envs/environment.h"
#include "onramp/envs/video.h"

namespace onramp {

/// An episode of a film.
struct Take {
  uint64_t seed = 0;
  std::string name;  ///< as the caption calls it: "seed 3", "held-out 3"
};

/// What to film, and where to.
struct FilmPlan {
  std::filesystem::path path;  ///< an .mp4
  std::string policy;          ///< as the caption calls it
  std::vector<Take> takes;
};

/// Films the takes one after another, as film_frame() shows a step, each frame with its caption; the last frame of each stands
/// for a second. Of a policy that chooses between two, a border shows which of them led to the frame (draw_border()). The film
/// is whole or not there.
/// @param tell  called after each episode
/// @throws IoError, EnvironmentError; ValueError when there is nothing to see
void film_policy(Environment& environment, Policy& policy, ActMode mode, const FilmPlan& plan,
                 const std::function<void(const Episode&)>& tell = {});

/// What a caption tells.
struct FilmMoment {
  std::string task, policy, take;
  int64_t step = 0, max_steps = 0;  ///< max_steps 0: no limit
  double time_s = 0.0;
  bool success = false;  ///< at any step so far
  std::optional<EndReason> end;
  std::optional<Acting> acting;  ///< who led here, of a policy that chooses between two
};
/// Who, where and when; of a policy that chooses, which of the two acted; then "success" from the first such step on, and on the
/// last frame how it ended.
std::vector<CaptionLine> caption_of(const FilmMoment& moment);

/// The held-out situations from `first` on.
std::vector<Take> held_out_takes(int64_t first, int64_t count);

/// The seed of held-out situation `number`: the same for every run, so that scores are paired.
uint64_t held_out_seed(int64_t number);

}  // namespace onramp
