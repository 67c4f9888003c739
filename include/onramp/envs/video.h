// Films of episodes: MP4 with H.264 (avc1), which browsers play.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "onramp/data/acting.h"
#include "onramp/data/observation.h"
#include "onramp/envs/environment.h"

namespace onramp {

/// Writes beside `path` and renames at close(): a film is whole or not there. Not thread-safe.
class VideoWriter {
 public:
  /// Creates the folder. @param path  ends in .mp4. @throws IoError, ValueError
  VideoWriter(std::filesystem::path path, double frames_per_s);
  ~VideoWriter();  ///< what was not closed is thrown away
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  /// @param rgb  uint8 [H, W, 3]; the first frame sets the size. @throws ShapeError, IoError
  void add(const at::Tensor& rgb);
  /// Looks whether every frame is there. @throws IoError when nothing was written or the disk is full: a film of that name stays
  /// as it was
  void close();

 private:
  struct Encoder;
  std::unique_ptr<Encoder> encoder_;
};

/// What a person sees of a step: the scene (where the environment can be drawn), and beside it the policy's own pictures,
/// enlarged without smoothing. uint8 [height, W, 3], W even. @throws ValueError when there is nothing to see
at::Tensor film_frame(Environment& environment, const Observation& observation, int64_t height = 360);

/// A line of a caption.
struct CaptionLine {
  /// What it tells.
  enum class Tone : uint8_t { kPlain, kGood, kBad, kCloned, kLearned };
  std::string text;
  Tone tone = Tone::kPlain;
};

/// Writes small text into the lower left corner, on darkened ground; a line that is too long is cut at its front.
/// @param rgb  uint8 [H, W, 3], contiguous; changed in place
void draw_caption(at::Tensor& rgb, const std::vector<CaptionLine>& lines);

/// A border by which one sees who acts: blue the cloned policy, orange the learned one.
/// @param rgb  uint8 [H, W, 3], contiguous; changed in place
void draw_border(at::Tensor& rgb, Acting who);

/// A picture of another size, nearest pixel. uint8 [H, W, 3] -> [height, width, 3]
at::Tensor resized(const at::Tensor& rgb, int64_t width, int64_t height);

}  // namespace onramp
