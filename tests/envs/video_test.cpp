#include "onramp/envs/video.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "support/disk_faults.h"
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

TEST(Border, IsBlueWhereTheClonedPolicyActsAndOrangeElse) {
  for (const auto who : {Acting::kCloned, Acting::kLearned}) {
    at::Tensor picture = grey();
    draw_border(picture, who);
    const auto changed = picture.ne(grey()).any(2);  // [H, W]
    EXPECT_EQ(changed.sum().item<int64_t>(), 120 * 160 - 116 * 156) << "two pixels at each side";
    EXPECT_FALSE(changed.slice(0, 2, 118).slice(1, 2, 158).any().item<bool>());
    const auto corner = picture[0][0].to(at::kInt);
    EXPECT_EQ(corner[2].item<int>() > corner[0].item<int>(), who == Acting::kCloned);
  }
}

TEST(VideoWriter, ThatCannotOpenItsFileSaysSoAndOpenCVSaysNothing) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directory(folder / ".film.partial.mp4");  // where it writes until it is whole
  VideoWriter writer(folder / "film.mp4", 10.0);
  testing::internal::CaptureStderr();
  test::expect_throws<IoError>([&] { writer.add(grey()); }, "film.mp4: the film cannot be written");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(VideoWriter, AFilmIsWholeFromOneFrameOn) {
  for (const int frames : {1, 2, 40}) {
    const test::TemporaryFolder folder;
    VideoWriter writer(folder / "film.mp4", 10.0);
    for (int i = 0; i < frames; ++i) writer.add(at::full({120, 160, 3}, 90 + i, at::kByte));
    writer.close();
    EXPECT_EQ(test::names_in(folder.path()), std::vector<std::string>{"film.mp4"}) << frames;
  }
}

TEST(VideoWriter, ThatIsNotClosedLeavesTheOldFilmAlone) {
  const test::TemporaryFolder folder;
  write_file_atomic(folder / "film.mp4", std::string_view("the old film"));
  {
    VideoWriter writer(folder / "film.mp4", 10.0);
    writer.add(grey());
  }
  EXPECT_EQ(read_file(folder / "film.mp4"), "the old film");
  EXPECT_EQ(test::names_in(folder.path()), std::vector<std::string>{"film.mp4"});
}

TEST(VideoWriter, ThatRunsOutOfSpaceSaysSoAndLeavesTheOldFilm) {
  std::vector<at::Tensor> noise;  // drawn here: the child has one thread, and LibTorch may want its others
  noise.reserve(64);
  for (int i = 0; i < 64; ++i) noise.push_back(at::randint(0, 256, {120, 160, 3}, at::kByte));
  const auto told = test::run_on_small_disk("64k", [&](const std::filesystem::path& disk) -> std::string {
    write_file_atomic(disk / "film.mp4", std::string_view("the old film"));
    std::string said = "a film that does not fit was reported as whole";
    try {
      VideoWriter writer(disk / "film.mp4", 10.0);
      for (const auto& frame : noise) writer.add(frame);
      writer.close();
    } catch (const IoError& error) {
      said = error.what();
    }
    if (said.find("film.mp4: the film could not be written whole; is there space") == std::string::npos) return said;
    if (read_file(disk / "film.mp4") != "the old film") return "the old film is gone";
    return test::names_in(disk).size() == 1 ? "" : "half a film was left";
  });
  if (!told) GTEST_SKIP() << "no right to mount a small disk here";
  EXPECT_EQ(*told, "");
}

}  // namespace
}  // namespace onramp
