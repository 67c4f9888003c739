#include "plot.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "onramp/base/text.h"

namespace onramp::detail {

namespace {

constexpr int64_t kMostLines = 8;
const cv::Scalar kLines[kMostLines] = {{255, 176, 59},  {90, 170, 255}, {92, 200, 120},  {235, 96, 90},
                                       {190, 140, 255}, {80, 210, 210}, {255, 140, 200}, {180, 190, 90}};

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

std::string name_of(const std::vector<std::string>& names, int64_t i) {
  return static_cast<size_t>(i) < names.size() ? names[static_cast<size_t>(i)] : std::to_string(i);
}

/// As much of a name as fits: first without what stands behind it in brackets, "gripper [> 0: on]", then cut.
std::string fitted(std::string name, int width, double scale) {
  if (const auto bracket = name.find(" ["); bracket != std::string::npos && text_width(name, scale) > width)
    name.resize(bracket);
  while (name.size() > 1 && text_width(name, scale) > width) name.pop_back();
  return name;
}

struct Range {
  float low = 0, high = 0;
};

/// Of what is finite.
Range range_of(std::span<const float> values, size_t first, size_t step) {
  Range range{INFINITY, -INFINITY};
  for (size_t i = first; i < values.size(); i += step) {
    if (!std::isfinite(values[i])) continue;
    range.low = std::min(range.low, values[i]);
    range.high = std::max(range.high, values[i]);
  }
  return range.low > range.high ? Range{} : range;
}

void draw_lines(cv::Mat& canvas, const cv::Rect& plot, std::span<const float> values, size_t width,
                const std::vector<std::string>& names) {
  const size_t moments = values.size() / width;
  Range range = range_of(values, 0, 1);
  if (range.high - range.low < 1e-9F) range = {range.low - 1, range.high + 1};
  const auto y_of = [&](float v) {
    const float part = std::clamp((v - range.low) / (range.high - range.low), 0.0F, 1.0F);
    return plot.y + plot.height - 1 - static_cast<int>(part * static_cast<float>(plot.height - 1));
  };
  if (range.low < 0 && range.high > 0) cv::line(canvas, {plot.x, y_of(0)}, {plot.x + plot.width, y_of(0)}, kFaint);
  draw_text(canvas, short_number(range.high), {plot.x - 46, plot.y + 10}, kFaint, 0.35);
  draw_text(canvas, short_number(range.low), {plot.x - 46, plot.y + plot.height - 2}, kFaint, 0.35);
  int name_at = plot.x;
  for (size_t i = 0; i < width; ++i) {
    std::vector<cv::Point> points;
    for (size_t t = 0; t < moments; ++t) {
      const float value = values[t * width + i];
      if (!std::isfinite(value)) continue;
      const auto x = moments < 2 ? 0 : static_cast<int>(t * static_cast<size_t>(plot.width - 1) / (moments - 1));
      points.emplace_back(plot.x + x, y_of(value));
    }
    cv::polylines(canvas, points, /*isClosed=*/false, kLines[i], 1, cv::LINE_AA);
    const auto name = name_of(names, static_cast<int64_t>(i));
    if (name_at + text_width(name, 0.38) < plot.x + plot.width) {
      draw_text(canvas, name, {name_at, plot.y + plot.height + 14}, kLines[i], 0.38);
    }
    name_at += text_width(name, 0.38) + 14;
  }
}

void draw_map(cv::Mat& canvas, const cv::Rect& plot, std::span<const float> values, size_t width) {
  const size_t moments = values.size() / width;
  cv::Mat map(static_cast<int>(width), static_cast<int>(moments), CV_8UC1);
  for (size_t i = 0; i < width; ++i) {
    const Range range = range_of(values, i, width);
    for (size_t t = 0; t < moments; ++t) {
      const float value = values[t * width + i];
      const float part =
          range.high > range.low && std::isfinite(value) ? (value - range.low) / (range.high - range.low) : 0.5F;
      map.at<uint8_t>(static_cast<int>(i), static_cast<int>(t)) = static_cast<uint8_t>(std::lround(255.0F * part));
    }
  }
  cv::Mat large, colored;
  cv::resize(map, large, plot.size(), 0, 0, cv::INTER_NEAREST);
  cv::applyColorMap(large, colored, cv::COLORMAP_VIRIDIS);
  cv::cvtColor(colored, colored, cv::COLOR_BGR2RGB);
  colored.copyTo(canvas(plot));
  draw_text(canvas, "0", {plot.x - 14, plot.y + 10}, kFaint, 0.35);
  draw_text(canvas, std::to_string(width - 1), {plot.x - 20, plot.y + plot.height - 2}, kFaint, 0.35);
  const char* caption = "a row a value, dark: its least, bright: its greatest";
  if (text_width(caption, 0.38) > plot.width) caption = "a row a value, least to greatest";
  draw_text(canvas, caption, {plot.x, plot.y + plot.height + 14}, kFaint, 0.38);
}

}  // namespace

void draw_text(cv::Mat& canvas, const std::string& text, cv::Point baseline, const cv::Scalar& color, double scale) {
  cv::putText(canvas, text, baseline, cv::FONT_HERSHEY_SIMPLEX, scale, color, 1, cv::LINE_AA);
}

const cv::Scalar& color_of(Acting who) { return who == Acting::kCloned ? kCloned : kLearned; }

void draw_border(cv::Mat& canvas, Acting who) {
  const int width = std::max(2, canvas.rows / 72);
  const cv::Size size = canvas.size();
  for (const cv::Rect& side :
       {cv::Rect(0, 0, size.width, width), cv::Rect(0, size.height - width, size.width, width),
        cv::Rect(0, 0, width, size.height), cv::Rect(size.width - width, 0, width, size.height)}) {
    cv::rectangle(canvas, side, color_of(who), cv::FILLED);
  }
}

int text_width(const std::string& text, double scale) {
  int below = 0;
  return cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, scale, 1, &below).width;
}

void draw_series(cv::Mat& canvas, const cv::Rect& where, const std::string& title, std::span<const float> values,
                 int64_t width, const std::vector<std::string>& names, int64_t now) {
  cv::rectangle(canvas, where, kPanel, cv::FILLED);
  draw_text(canvas, title, {where.x + 6, where.y + 15});
  if (width < 1 || values.empty()) return;
  const cv::Rect plot(where.x + 52, where.y + 22, where.width - 60, where.height - 42);
  const auto W = static_cast<size_t>(width);
  if (width <= kMostLines) {
    draw_lines(canvas, plot, values, W, names);
  } else {
    draw_map(canvas, plot, values, W);
  }
  const auto moments = static_cast<int64_t>(values.size() / W);
  const auto x = moments < 2 ? 0 : static_cast<int>(std::min(now, moments - 1) * (plot.width - 1) / (moments - 1));
  cv::line(canvas, {plot.x + x, plot.y}, {plot.x + x, plot.y + plot.height}, kInk);
}

void draw_bars(cv::Mat& canvas, const cv::Rect& where, std::span<const float> asked, std::span<const float> done,
               const std::vector<std::string>& names) {
  cv::rectangle(canvas, where, kPanel, cv::FILLED);
  bool differs = false;
  for (size_t i = 0; i < asked.size(); ++i) differs = differs || asked[i] != done[i];
  draw_text(canvas, differs ? "action, -1 to 1; white: as executed" : "action, -1 to 1", {where.x + 6, where.y + 15});
  const cv::Rect plot(where.x + 8, where.y + 24, where.width - 16, where.height - 44);
  const int zero = plot.y + plot.height / 2;
  const int half = plot.height / 2;
  const auto n = static_cast<int>(asked.size());
  const int slot = std::max(1, plot.width / std::max(1, n));
  const auto y_of = [&](float v) {
    return zero - static_cast<int>(std::clamp(v, -1.0F, 1.0F) * static_cast<float>(half));
  };
  for (const int y : {zero - half, zero + half}) cv::line(canvas, {plot.x, y}, {plot.x + plot.width, y}, kBackground);
  for (int i = 0; i < n; ++i) {
    const auto at = static_cast<size_t>(i);
    const int x = plot.x + i * slot;
    const int bar = std::max(1, slot * 2 / 3);
    const cv::Point corner(x + std::min(bar, 40) - 1, y_of(asked[at]));
    cv::rectangle(canvas, {x, zero}, corner, kAccent, cv::FILLED);
    if (differs) cv::line(canvas, {x, y_of(done[at])}, {corner.x, y_of(done[at])}, kInk, 2);
    const std::string name = fitted(name_of(names, i), slot - 3, 0.33);
    if (text_width(name, 0.33) <= slot) draw_text(canvas, name, {x, where.y + where.height - 6}, kFaint, 0.33);
  }
  cv::line(canvas, {plot.x, zero}, {plot.x + plot.width, zero}, kFaint);
}

}  // namespace onramp::detail
