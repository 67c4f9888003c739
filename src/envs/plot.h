// Plots drawn into a picture, for films.
#pragma once

#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "onramp/data/acting.h"

namespace onramp::detail {

// RGB.
inline const cv::Scalar kBackground(24, 26, 30), kPanel(38, 41, 47), kFaint(110, 115, 125), kInk(230, 232, 236),
    kAccent(255, 176, 59), kGood(92, 200, 120), kBad(235, 96, 90), kCloned(60, 150, 255),
    kLearned(255, 140, 20);  // also to those who see no red or no green

void draw_text(cv::Mat& canvas, const std::string& text, cv::Point baseline, const cv::Scalar& color = kInk,
               double scale = 0.45);
/// The colour of who acts, and a border of it around the picture.
const cv::Scalar& color_of(Acting who);
void draw_border(cv::Mat& canvas, Acting who);
/// Pixels that it takes.
int text_width(const std::string& text, double scale = 0.45);

/// `width` values of each of the `values.size() / width` moments. Up to eight as lines over a common axis with their names;
/// more as a map, a row a value, each from its least to its greatest. A line marks moment `now`.
void draw_series(cv::Mat& canvas, const cv::Rect& where, const std::string& title, std::span<const float> values,
                 int64_t width, const std::vector<std::string>& names, int64_t now);

/// Bars from -1 to 1 around zero, `done` beside `asked` where they differ.
void draw_bars(cv::Mat& canvas, const cv::Rect& where, std::span<const float> asked, std::span<const float> done,
               const std::vector<std::string>& names);

}  // namespace onramp::detail
