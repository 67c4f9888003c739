#include "onramp/base/progress.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace onramp {
namespace {

/// A FILE in memory.
class Output {
 public:
  Output() : file_(::open_memstream(&text_, &size_)) {}
  ~Output() {
    std::fclose(file_);
    std::free(text_);
  }
  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  size_t size_ = 0;
  std::FILE* file_;
};

TEST(Progress, PrintsALineEachIntervalWhenNotOnATerminal) {
  Output out;
  ManualClock clock;
  Progress progress(clock, out.file(), /*redraw=*/false, /*interval_s=*/10.0, /*columns=*/80);
  progress.begin("offline", 1000);
  progress.set_values({{"success", 0.85}});
  for (int64_t step = 1; step <= 250; ++step) {
    clock.advance(0.125);
    progress.update(step);
  }
  progress.update(1000);
  clock.advance(1.0);
  progress.finish();
  EXPECT_EQ(out.text(),
            "offline  80/1000  8 %  8/s  1 min 55 s left  success 0.85\n"
            "offline  160/1000  16 %  8/s  1 min 45 s left  success 0.85\n"
            "offline  240/1000  24 %  8/s  1 min 35 s left  success 0.85\n"
            "offline  1000/1000  done in 32 s  success 0.85\n");
}

TEST(Progress, SaysTheEndOnceWhenNotOnATerminal) {
  Output out;
  ManualClock clock;
  Progress progress(clock, out.file(), /*redraw=*/false, /*interval_s=*/10.0, /*columns=*/80);
  progress.begin("evaluation", 32);
  clock.advance(10.0);
  progress.update(16);
  clock.advance(10.0);
  progress.update(32);
  progress.finish();
  EXPECT_EQ(out.text(),
            "evaluation  16/32  50 %  1.6/s  10 s left\n"
            "evaluation  32/32  done in 20 s\n");
}

TEST(Progress, CountsWhatAPhaseTookBeforeItWasContinued) {
  Output out;
  ManualClock clock;
  Progress progress(clock, out.file(), /*redraw=*/false, /*interval_s=*/10.0, /*columns=*/80);
  progress.begin("offline", 1000, /*step=*/900, /*earlier_s=*/90.0);
  clock.advance(10.0);
  progress.update(950);
  clock.advance(10.0);
  progress.update(1000);
  progress.finish();
  EXPECT_EQ(out.text(),
            "offline  950/1000  95 %  5/s  10 s left\n"
            "offline  1000/1000  done in 1 min 50 s\n");
}

TEST(Progress, RedrawsOneLineOnATerminal) {
  Output out;
  ManualClock clock;
  {
    Progress progress(clock, out.file(), /*redraw=*/true, /*interval_s=*/0.2, /*columns=*/12);
    progress.begin("collect", 0, 5);
    clock.advance(1.0);
    progress.update(15);
    clock.advance(0.1);
    progress.update(16);
  }
  EXPECT_EQ(out.text(), "\r\033[Kcollect  15\n");  // cut to 11 columns; the line is ended, too
}

TEST(Progress, AContinuedPhaseMeasuresOnlyItsOwnSteps) {
  Output out;
  ManualClock clock;
  Progress progress(clock, out.file(), false, 10.0, 80);
  progress.begin("online", 2000, /*step=*/1000);
  clock.advance(10.0);
  progress.update(1100);
  EXPECT_EQ(out.text(), "online  1100/2000  55 %  10/s  1 min 30 s left\n");
}

TEST(Progress, FollowsAChangeOfSpeedWithoutJumping) {
  Output out;
  ManualClock clock;
  Progress progress(clock, out.file(), false, 1.0, 80);
  progress.begin("p", 0);
  int64_t step = 0;
  for (int i = 0; i < 100; ++i) clock.advance(1.0), progress.update(step += 100);
  clock.advance(1.0);
  progress.update(step += 10);  // one slow second of a rate that was steady
  // Weights e^(-t/20): the newest second has 1 - e^(-1/20) = 4.9 % -> 100 - 0.049 * 90 = 95.6
  const std::string text = out.text();
  EXPECT_NE(text.find("p  10010  95.6/s\n"), std::string::npos) << text.substr(text.size() - 60);
}

}  // namespace
}  // namespace onramp
