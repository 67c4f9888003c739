#include "onramp/envs/episode_film.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <opencv2/imgproc.hpp>
#include <span>

#include "onramp/base/error.h"
#include "onramp/envs/video.h"
#include "plot.h"

namespace onramp {

namespace {

constexpr int kMargin = 8, kHeader = 30, kPictureHeight = 256, kCaption = 18, kPlotHeight = 190, kBarsHeight = 112,
              kRewardHeight = 96, kLeastWidth = 640, kLeastPlot = 200;

std::vector<const EntrySpec*> pictures_of(const Episode& episode, const std::vector<std::string>& wanted) {
  std::vector<const EntrySpec*> pictures;
  std::vector<std::string> there;
  for (const auto& entry : episode.observation_spec.entries) {
    if (!entry.is_image() || (entry.shape[2] != 1 && entry.shape[2] != 3)) continue;
    there.push_back(entry.name);
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), entry.name) != wanted.end())
      pictures.push_back(&entry);
  }
  for (const auto& name : wanted) {
    if (std::find(there.begin(), there.end(), name) == there.end()) {
      throw ValueError(
          concat("the episode has no picture '", name, "' (it has: ", there.empty() ? "none" : join(there), ")"));
    }
  }
  return pictures;
}

cv::Mat picture_at(const Episode& episode, const EntrySpec& entry, int64_t t) {
  const auto& bytes = episode.images.at(entry.name);
  const auto H = static_cast<int>(entry.shape[0]), W = static_cast<int>(entry.shape[1]);
  const uint8_t* at = bytes.data() + t * entry.numel();
  cv::Mat picture(H, W, entry.shape[2] == 3 ? CV_8UC3 : CV_8UC1, const_cast<uint8_t*>(at));
  if (entry.shape[2] == 1) {
    cv::Mat rgb;
    cv::cvtColor(picture, rgb, cv::COLOR_GRAY2RGB);
    picture = rgb;
  }
  cv::Mat large;
  const cv::Size size(std::max(1, W * kPictureHeight / H), kPictureHeight);
  cv::resize(picture, large, size, 0, 0, H > kPictureHeight ? cv::INTER_AREA : cv::INTER_NEAREST);
  return large;
}

/// What is plotted: all vectors side by side, [T + 1, width]; privileged ones only where there are no others.
struct States {
  std::vector<float> values;
  int64_t width = 0;
  std::vector<std::string> names;
};

States states_of(const Episode& episode) {
  std::vector<const EntrySpec*> vectors;
  for (const bool privileged : {false, true}) {
    for (const auto& entry : episode.observation_spec.entries) {
      if (entry.dtype == DType::kFloat32 && entry.privileged == privileged && (!privileged || vectors.empty()))
        vectors.push_back(&entry);
    }
  }
  States states;
  for (const auto* entry : vectors) {
    states.width += entry->numel();
    for (int64_t i = 0; i < entry->numel(); ++i) {
      const auto at = static_cast<size_t>(i);
      states.names.push_back(at < entry->fields.size() ? entry->fields[at] : concat(entry->name, " ", i));
    }
  }
  for (int64_t t = 0; t <= episode.length(); ++t) {
    for (const auto* entry : vectors) {
      const auto from = episode.vectors.at(entry->name).begin() + t * entry->numel();
      states.values.insert(states.values.end(), from, from + entry->numel());
    }
  }
  return states;
}

void draw_states(cv::Mat& canvas, const cv::Rect& where, const Episode& episode, int64_t t) {
  const States states = states_of(episode);
  if (states.width == 0) return;
  detail::draw_series(canvas, where, concat("state, ", states.width, states.width == 1 ? " value" : " values"),
                      states.values, states.width, states.names, t);
}

void draw_header(cv::Mat& canvas, const Episode& episode, const EpisodeFilm& film, int64_t t) {
  char clock[64];
  std::snprintf(clock, sizeof clock, "step %lld of %lld, %.1f s", static_cast<long long>(t),
                static_cast<long long>(episode.length()), static_cast<double>(t) / film.frames_per_s);
  int right = canvas.cols - kMargin - detail::text_width(clock);
  detail::draw_text(canvas, clock, {right, 20}, detail::kFaint);
  if (t > 0) {
    if (const auto who = who_acted(episode, t - 1)) {
      const std::string name = *who == Acting::kCloned ? "cloned policy" : "learned policy";
      right -= detail::text_width(name) + 2 * kMargin;
      detail::draw_text(canvas, name, {right, 20}, detail::color_of(*who));
    }
  }
  std::string title = film.title;  // cut at its front: the end says which episode it is
  while (title.size() > 4 && detail::text_width(title) > right - 2 * kMargin) title = "..." + title.substr(4);
  detail::draw_text(canvas, title, {kMargin, 20});
}

void draw_rewards(cv::Mat& canvas, const cv::Rect& where, const Episode& episode, int64_t t) {
  detail::draw_series(canvas, where, "", episode.reward, 1, {"reward of each step"}, std::max<int64_t>(0, t - 1));
  double sum = 0;
  for (int64_t i = 0; i < t; ++i) sum += episode.reward[static_cast<size_t>(i)];
  char text[96];
  if (t == 0) {
    std::snprintf(text, sizeof text, "before the first action");
  } else {
    std::snprintf(text, sizeof text, "reward %.4g, return %.5g", episode.reward[static_cast<size_t>(t - 1)], sum);
  }
  const cv::Point at(where.x + 6, where.y + 15);
  detail::draw_text(canvas, text, at);
  int x = at.x + detail::text_width(text) + 16;
  if (t > 0 && episode.success[static_cast<size_t>(t - 1)]) {
    detail::draw_text(canvas, "success", {x, at.y}, detail::kGood);
    x += detail::text_width("success") + 16;
  }
  if (t == episode.length()) {
    const bool bad = episode.end == EndReason::kFailure || episode.end == EndReason::kSafetyStop ||
                     episode.end == EndReason::kCommsLoss;
    const auto& color = episode.end == EndReason::kSuccess ? detail::kGood : bad ? detail::kBad : detail::kAccent;
    detail::draw_text(canvas,
                      concat("ended by ", to_string(episode.end), episode.terminal() ? " (terminal)" : " (cut off)"),
                      {x, at.y}, color);
  }
}

}  // namespace

at::Tensor episode_frame(const Episode& episode, const EpisodeFilm& film, int64_t t) {
  ONRAMP_CHECK(t >= 0 && t <= episode.length() && episode.length() > 0, "step ", t, " of ", episode.length());
  const auto pictures = pictures_of(episode, film.entries);
  int width = kMargin, body = kPictureHeight + kCaption;
  for (const auto* entry : pictures) {
    width +=
        std::max(1, static_cast<int>(entry->shape[1]) * kPictureHeight / static_cast<int>(entry->shape[0])) + kMargin;
  }
  width = std::max(width, kLeastWidth) & ~1;
  if (pictures.empty()) body = 2 * kPlotHeight + kMargin;
  const int height = (kHeader + body + kMargin + kBarsHeight + kMargin + kRewardHeight + kMargin) & ~1;
  at::Tensor frame = at::empty({height, width, 3}, at::kByte);
  cv::Mat canvas(height, width, CV_8UC3, frame.data_ptr());
  canvas.setTo(detail::kBackground);
  draw_header(canvas, episode, film, t);

  const int inside = width - 2 * kMargin;
  const auto A = static_cast<size_t>(episode.action_spec.dim);
  if (pictures.empty()) {
    draw_states(canvas, {kMargin, kHeader, inside, kPlotHeight}, episode, t);
    detail::draw_series(canvas, {kMargin, kHeader + kPlotHeight + kMargin, inside, kPlotHeight},
                        concat("actions, ", A, A == 1 ? " value" : " values"), episode.action, episode.action_spec.dim,
                        episode.action_spec.fields, std::max<int64_t>(0, t - 1));
  }
  int x = kMargin;
  for (const auto* entry : pictures) {
    const cv::Mat picture = picture_at(episode, *entry, t);
    picture.copyTo(canvas(cv::Rect(x, kHeader, picture.cols, picture.rows)));
    detail::draw_text(canvas, entry->name, {x, kHeader + kPictureHeight + 13}, detail::kFaint, 0.4);
    x += picture.cols + kMargin;
  }
  if (const int left = width - kMargin - x; !pictures.empty() && left >= kLeastPlot)
    draw_states(canvas, {x, kHeader, left, kPictureHeight}, episode, t);
  // The action that led here; before the first one, the one to come.
  const auto row = static_cast<size_t>(std::max<int64_t>(0, t - 1)) * A;
  int y = kHeader + body + kMargin;
  detail::draw_bars(canvas, {kMargin, y, inside, kBarsHeight}, std::span(episode.action).subspan(row, A),
                    std::span(episode.executed_action).subspan(row, A), episode.action_spec.fields);
  y += kBarsHeight + kMargin;
  draw_rewards(canvas, {kMargin, y, inside, kRewardHeight}, episode, t);
  if (t > 0) {
    if (const auto who = who_acted(episode, t - 1)) detail::draw_border(canvas, *who);
  }
  return frame;
}

void film_episode(const Episode& episode, const EpisodeFilm& film, const std::filesystem::path& path) {
  VideoWriter writer(path, film.frames_per_s);
  for (int64_t t = 0; t <= episode.length(); ++t) writer.add(episode_frame(episode, film, t));
  const at::Tensor last = episode_frame(episode, film, episode.length());
  for (int i = 0; i < static_cast<int>(std::ceil(film.frames_per_s)); ++i) writer.add(last);
  writer.close();
}

}  // namespace onramp
