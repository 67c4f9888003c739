// Recorded episodes as films: what was seen, done and earned.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "onramp/data/episode.h"

namespace onramp {

/// How a recorded episode is shown as a film.
struct EpisodeFilm {
  std::string title;                 ///< drawn at the top, "door_human.hdf5, episode 3"
  std::vector<std::string> entries;  ///< pictures to show, side by side; empty: all of them
  double frames_per_s = 10.0;        ///< also the clock that is drawn
};

/// Draws step t, 0 .. T: pictures side by side, and the state over time where they leave room; without pictures the state
/// and the actions over time. Below them the action as bars, reward, return, success and, at t = T, why the episode ended.
/// Of a policy that chooses between two, a border has the colour of the one that led here, as draw_border() has it.
/// uint8 [H, W, 3], of one size for an episode.
/// @throws ValueError naming an entry that is no picture of the episode
at::Tensor episode_frame(const Episode& episode, const EpisodeFilm& film, int64_t t);

/// All of them in one MP4 (H.264), the last one for a second longer. Whole or not there.
/// @throws IoError, ValueError
void film_episode(const Episode& episode, const EpisodeFilm& film, const std::filesystem::path& path);

}  // namespace onramp
