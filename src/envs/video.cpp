#include "onramp/envs/video.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <string_view>
#include <vector>

#include "onramp/base/error.h"
#include "onramp/core/shapes.h"
#include "onramp/envs/wrappers.h"
#include "plot.h"

namespace onramp {

namespace {

/// Whether the box "moov", which says where the frames lie, is there whole. It is written last: a full disk cuts it off.
bool has_index(const std::filesystem::path& mp4) {
  std::error_code error;
  const uint64_t length = std::filesystem::file_size(mp4, error);
  std::ifstream file(mp4, std::ios::binary);
  for (uint64_t at = 0; !error && at + 8 <= length;) {
    std::array<char, 16> head{};  // its size, "name", and a size that is too large for the first field
    file.clear();
    file.seekg(static_cast<std::streamoff>(at));
    file.read(head.data(), head.size());
    if (file.gcount() < 8) return false;
    const auto number = [&](size_t first, size_t bytes) {
      uint64_t value = 0;
      for (size_t i = first; i < first + bytes; ++i) value = value << 8 | static_cast<uint8_t>(head[i]);
      return value;
    };
    const uint64_t size = number(0, 4) == 1 ? number(8, 8) : number(0, 4);
    if (size < 8 || size > length - at) return false;
    if (std::string_view(head.data() + 4, 4) == "moov") return true;
    at += size;
  }
  return false;
}

const cv::Scalar& color_of(CaptionLine::Tone tone) {
  using Tone = CaptionLine::Tone;
  switch (tone) {
    case Tone::kGood:
      return detail::kGood;
    case Tone::kBad:
      return detail::kBad;
    case Tone::kCloned:
      return detail::kCloned;
    case Tone::kLearned:
      return detail::kLearned;
    case Tone::kPlain:
      break;
  }
  return detail::kInk;
}

}  // namespace

struct VideoWriter::Encoder {
  std::filesystem::path path, partial;
  double frames_per_s;
  cv::VideoWriter writer;
  cv::Size size;
  int64_t frames = 0;
  bool begun = false;  // there may be something to throw away

  /// What was written so far goes.
  void discard() {
    writer.release();
    std::error_code ignored;
    if (std::filesystem::is_regular_file(partial, ignored)) std::filesystem::remove(partial, ignored);
    begun = false;
  }
  /// Whether the closed file holds every frame: OpenCV drops what it cannot write, and says nothing. The index first, as
  /// FFmpeg prints that it misses it.
  bool whole() const {
    if (!has_index(partial)) return false;
    const cv::VideoCapture film(partial.string(), cv::CAP_FFMPEG);
    return film.isOpened() && std::llround(film.get(cv::CAP_PROP_FRAME_COUNT)) == frames;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw IoError(
        concat(path.string(), ": ", what, "; is there space, permission, and an H.264 encoder (libopencv-videoio)?"));
  }
};

VideoWriter::VideoWriter(std::filesystem::path path, double frames_per_s) : encoder_(std::make_unique<Encoder>()) {
  if (path.extension() != ".mp4") throw ValueError(concat(path.string(), ": a film's name ends in .mp4"));
  if (!(frames_per_s > 0)) throw ValueError(concat("frames_per_s: want > 0, got ", frames_per_s));
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) throw IoError(concat(path.parent_path().string(), ": cannot create the folder (", error.message(), ")"));
  encoder_->partial = path;
  encoder_->partial.replace_filename(concat(".", path.stem().string(), ".partial.mp4"));
  encoder_->path = std::move(path);
  encoder_->frames_per_s = frames_per_s;
}

VideoWriter::~VideoWriter() {
  if (encoder_ && encoder_->begun) encoder_->discard();
}

void VideoWriter::add(const at::Tensor& rgb) {
  check_uint8("frame", rgb, {kAny, kAny, 3});
  Encoder& e = *encoder_;
  const cv::Size size(static_cast<int>(rgb.size(1)), static_cast<int>(rgb.size(0)));
  if (e.frames == 0) {
    e.size = size;
    // Even sizes: H.264 shares colour between neighbouring pixels.
    const cv::Size even(size.width & ~1, size.height & ~1);
    e.begun = true;
    // FFmpeg by name: after it OpenCV would try ways that cannot write this either, and print why.
    e.writer.open(e.partial.string(), cv::CAP_FFMPEG, cv::VideoWriter::fourcc('a', 'v', 'c', '1'), e.frames_per_s,
                  even);
    if (!e.writer.isOpened()) e.fail("the film cannot be written");
  }
  if (size != e.size)
    throw ShapeError(concat("frame: want [", e.size.height, ", ", e.size.width, ", 3], got ", rgb.sizes()));
  const at::Tensor host = rgb.contiguous();
  const cv::Mat picture(size, CV_8UC3, host.data_ptr());
  cv::Mat bgr;
  cv::cvtColor(picture(cv::Rect(0, 0, size.width & ~1, size.height & ~1)), bgr, cv::COLOR_RGB2BGR);
  e.writer.write(bgr);
  ++e.frames;
}

void VideoWriter::close() {
  Encoder& e = *encoder_;
  if (e.frames == 0) e.fail("a film without a single frame");
  e.writer.release();
  if (!e.whole()) {
    e.discard();
    e.fail("the film could not be written whole");
  }
  std::error_code error;
  std::filesystem::rename(e.partial, e.path, error);
  if (error) e.fail(error.message());
  e.frames = 0;
  e.begun = false;  // nothing left to throw away
}

void draw_caption(at::Tensor& rgb, const std::vector<CaptionLine>& lines) {
  check_uint8("picture", rgb, {kAny, kAny, 3});
  ONRAMP_CHECK(rgb.is_contiguous(), "a caption is drawn in place");
  constexpr int kMargin = 6, kLineHeight = 17;
  constexpr double kScale = 0.42;
  cv::Mat canvas(static_cast<int>(rgb.size(0)), static_cast<int>(rgb.size(1)), CV_8UC3, rgb.data_ptr());
  std::vector<std::string> texts;
  int width = 0;
  for (const auto& line : lines) {
    std::string text = line.text;
    while (text.size() > 4 && detail::text_width(text, kScale) > canvas.cols - 2 * kMargin)
      text = "..." + text.substr(4);
    width = std::max(width, detail::text_width(text, kScale));
    texts.push_back(std::move(text));
  }
  if (width == 0) return;
  const cv::Size ground(width + 2 * kMargin, static_cast<int>(lines.size()) * kLineHeight + kMargin);
  const int top = std::max(0, canvas.rows - ground.height);
  cv::Mat corner = canvas(cv::Rect({0, top}, ground) & cv::Rect({0, 0}, canvas.size()));
  corner.convertTo(corner, -1, 0.3);
  for (size_t i = 0; i < lines.size(); ++i) {
    detail::draw_text(canvas, texts[i], {kMargin, top + (static_cast<int>(i) + 1) * kLineHeight - 3},
                      color_of(lines[i].tone), kScale);
  }
}

void draw_border(at::Tensor& rgb, Acting who) {
  check_uint8("picture", rgb, {kAny, kAny, 3});
  ONRAMP_CHECK(rgb.is_contiguous(), "a border is drawn in place");
  cv::Mat canvas(static_cast<int>(rgb.size(0)), static_cast<int>(rgb.size(1)), CV_8UC3, rgb.data_ptr());
  detail::draw_border(canvas, who);
}

at::Tensor resized(const at::Tensor& rgb, int64_t width, int64_t height) {
  check_uint8("picture", rgb, {kAny, kAny, 3});
  const at::Tensor host = rgb.contiguous();
  const cv::Mat from(static_cast<int>(rgb.size(0)), static_cast<int>(rgb.size(1)), CV_8UC3, host.data_ptr());
  at::Tensor result = at::empty({height, width, 3}, at::kByte);
  cv::Mat to(static_cast<int>(height), static_cast<int>(width), CV_8UC3, result.data_ptr());
  cv::resize(from, to, to.size(), 0, 0, cv::INTER_NEAREST);
  return result;
}

at::Tensor film_frame(Environment& environment, const Observation& observation, int64_t height) {
  std::vector<at::Tensor> pictures;
  if (Renderable* scene = find_renderable(environment)) pictures.push_back(scene->render(height * 4 / 3, height));
  for (const auto& entry : environment.spec().observation.entries) {
    if (!entry.is_image()) continue;
    pictures.push_back(resized(observation.at(entry.name), height * entry.shape[1] / entry.shape[0], height));
  }
  if (pictures.empty()) {
    throw ValueError(
        concat(environment.spec().name, ": nothing to see; set images (of gym: render) to true in its config"));
  }
  return at::cat(pictures, /*dim=*/1);
}

}  // namespace onramp
