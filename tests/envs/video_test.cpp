#include "onramp/envs/video.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "onramp/base/error.h"
#include "support/expect_throws.h"
#include "support/temporary_folder.h"

namespace onramp {
namespace {

at::Tensor grey() { return at::full({120, 160, 3}, 90, at::kByte); }

at::Tensor with_caption(const std::vector<CaptionLine>& lines) {
  at::Tensor picture = grey();
  draw_caption(picture, lines);
  return picture;
}

TEST(Caption, StandsInTheLowerLeftCornerAndNowhereElse) {
  const auto picture = with_caption({{"task, policy"}, {"seed 3"}});
  const auto changed = picture.ne(grey()).any(2);  // [H, W]
  EXPECT_TRUE(changed[119][0].item<bool>()) << "darkened";
  EXPECT_FALSE(changed.slice(0, 0, 120 - (2 * 17 + 6)).any().item<bool>());
  EXPECT_FALSE(changed.slice(1, 150).any().item<bool>());
  EXPECT_GT(picture.max().item<uint8_t>(), 180) << "letters";
  EXPECT_FALSE(at::equal(picture, with_caption({{"task, policy"}, {"seed 8"}})));
}

TEST(Caption, ToneIsColour) {
  const auto reddest = [](CaptionLine::Tone tone) {
    const auto picture = with_caption({{"outcome", tone}}).to(at::kInt);
    return (picture.select(2, 0) - picture.select(2, 1)).max().item<int>();
  };
  EXPECT_GT(reddest(CaptionLine::Tone::kBad), 80);
  EXPECT_LT(reddest(CaptionLine::Tone::kGood), 20);
  EXPECT_LT(reddest(CaptionLine::Tone::kPlain), 20);
}

TEST(Caption, KeepsTheEndOfALineThatIsTooLong) {
  const std::string end = "runs/mine/seed1";
  const auto picture = with_caption({{"a/very/long/path/to/somewhere/" + end}});
  EXPECT_TRUE(at::equal(picture, with_caption({{"another/very/long/path/to/somewhere/" + end}})));
  EXPECT_FALSE(at::equal(picture, with_caption({{"a/very/long/path/to/somewhere/runs/mine/seed2"}})));
}

TEST(Caption, FitsIntoPicturesThatAreSmallerThanIt) {
  at::Tensor tiny = at::zeros({8, 8, 3}, at::kByte);
  draw_caption(tiny, {{"task"}, {"seed"}});
  draw_caption(tiny, {});
  EXPECT_EQ(tiny.size(0), 8);
}

TEST(VideoWriter, ThatCannotOpenItsFileSaysSoAndOpenCVSaysNothing) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directory(folder / ".film.partial.mp4");  // where it writes until it is whole
  VideoWriter writer(folder / "film.mp4", 10.0);
  testing::internal::CaptureStderr();
  test::expect_throws<IoError>([&] { writer.add(grey()); }, "film.mp4: the film cannot be written");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace onramp
