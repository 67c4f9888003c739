#include "onramp/envs/episode_film.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "onramp/base/atomic_file.h"
#include "onramp/data/acting.h"
#include "support/episodes.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp::test {
namespace {

Episode states_only(int64_t dim) {
  auto episode = make_episode(12, EndReason::kFailure, 0, /*with_image=*/false);
  episode.observation_spec.entries[0].shape = {dim};
  episode.vectors["state"].assign(static_cast<size_t>(13 * dim), 0.0F);
  for (size_t i = 0; i < episode.vectors["state"].size(); ++i) episode.vectors["state"][i] = std::sin(0.1F * float(i));
  return episode;
}

/// Share of pixels in which two frames differ.
double changed(const at::Tensor& a, const at::Tensor& b) {
  return a.ne(b).any(2).to(at::kDouble).mean().item<double>();
}

TEST(EpisodeFilm, ShowsThePictureOfEachStep) {
  auto episode = make_episode(3, EndReason::kSuccess);
  const auto frame = episode_frame(episode, {}, 1);
  EXPECT_EQ(frame.size(0) % 2, 0);
  EXPECT_EQ(frame.size(1) % 2, 0);
  // The picture is 4 x 5 pixels, scaled to 256 rows without smoothing, 8 pixels from the left below the header: its first
  // pixel fills rows 30..93.
  for (int64_t c = 0; c < 3; ++c) {
    EXPECT_EQ(frame[40][20][c].item<uint8_t>(), episode.images.at("wrist")[static_cast<size_t>(60 + c)]);
  }
}

TEST(EpisodeFilm, DrawsActionsRewardsAndTheEnd) {
  const auto episode = make_episode(3, EndReason::kSuccess);
  auto other = episode;
  EXPECT_EQ(changed(episode_frame(episode, {}, 2), episode_frame(other, {}, 2)), 0.0);
  other.action[2] = other.action[2] > 0 ? -0.8F : 0.8F;  // of step 1, shown with the observation that it led to
  EXPECT_GT(changed(episode_frame(episode, {}, 2), episode_frame(other, {}, 2)), 1e-4);
  other = episode;
  other.executed_action[2] = 0.9F;
  EXPECT_GT(changed(episode_frame(episode, {}, 2), episode_frame(other, {}, 2)), 1e-5);
  other = episode;
  other.reward[1] += 0.5F;
  EXPECT_GT(changed(episode_frame(episode, {}, 2), episode_frame(other, {}, 2)), 1e-4);
  other = episode;
  other.end = EndReason::kTimeLimit;
  EXPECT_EQ(changed(episode_frame(episode, {}, 2), episode_frame(other, {}, 2)), 0.0);
  EXPECT_GT(changed(episode_frame(episode, {}, 3), episode_frame(other, {}, 3)), 1e-4);
}

TEST(EpisodeFilm, PlotsStatesWhereThereAreNoPictures) {
  for (const int64_t dim : {3, 40}) {  // lines, and a map
    auto episode = states_only(dim);
    const auto before = episode_frame(episode, {}, 6);
    EXPECT_GT(changed(before, episode_frame(episode, {}, 7)), 1e-4);  // the line that marks the moment moves
    episode.vectors["state"][static_cast<size_t>(5 * dim)] += 0.7F;
    EXPECT_GT(changed(before, episode_frame(episode, {}, 6)), 1e-4) << dim;
  }
}

TEST(EpisodeFilm, LeavesOutTheUnitOfANameBeforeItCutsTheName) {
  auto episode = make_episode(3, EndReason::kSuccess);
  const auto with_last_name = [&](const std::string& name) {
    episode.action_spec = {7, {"vx [m/s]", "vy [m/s]", "vz [m/s]", "wx [rad/s]", "wy [rad/s]", "wz [rad/s]", name}};
    episode.action.assign(std::size_t{3} * 7, 0.5F);
    episode.executed_action = episode.action;
    return episode_frame(episode, {}, 1);
  };
  const auto bare = with_last_name("gripper");
  EXPECT_EQ(changed(bare, with_last_name("gripper [> 0: on]")), 0.0);
  EXPECT_GT(changed(bare, with_last_name("gripper [g]")), 0.0) << "there is room for a short one";
}

// The frame of step t shows what step t - 1 led to; before the first nobody has acted.
TEST(EpisodeFilm, HasABorderInTheColourOfWhoActed) {
  auto episode = make_episode(3, EndReason::kSuccess);
  const auto plain = episode_frame(episode, {}, 2);
  episode.extra[kActingColumn] = {1, {1, 0, 0}};
  const auto corner = [&](int64_t t) { return episode_frame(episode, {}, t)[0][0].to(at::kInt); };
  EXPECT_TRUE(at::equal(corner(0), plain[0][0].to(at::kInt)));
  EXPECT_GT(corner(1)[2].item<int>(), corner(1)[0].item<int>()) << "blue: the cloned policy";
  EXPECT_GT(corner(2)[0].item<int>(), corner(2)[2].item<int>()) << "orange: the learned one";
  EXPECT_EQ(episode_frame(episode, {}, 2).sizes(), plain.sizes());
}

TEST(EpisodeFilm, BearsOddNumbers) {
  auto episode = states_only(3);
  episode.vectors["state"][4] = NAN;
  episode.vectors["state"][5] = INFINITY;
  episode.reward[0] = NAN;
  episode.action[0] = 7.0F;
  (void)episode_frame(episode, {}, 1);
  episode.vectors["state"].assign(episode.vectors["state"].size(), 0.0F);
  (void)episode_frame(episode, {}, 0);
}

TEST(EpisodeFilm, IsAFilmThatBrowsersPlay) {
  TemporaryFolder folder;
  film_episode(make_episode(5, EndReason::kTimeLimit), {.frames_per_s = 5}, folder / "a.mp4");
  const auto bytes = read_file(folder / "a.mp4");
  EXPECT_NE(bytes.find("avc1"), std::string::npos);
  expect_throws<ValueError>(
      [&] { film_episode(make_episode(5, EndReason::kTimeLimit), {.entries = {"top"}}, folder / "b.mp4"); },
      "the episode has no picture 'top' (it has: wrist)");
  EXPECT_FALSE(std::filesystem::exists(folder / "b.mp4"));
}

}  // namespace
}  // namespace onramp::test
