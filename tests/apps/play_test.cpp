// onramp-sim play, in a terminal that only pretends.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <string>

#include "test_paths.h"

namespace onramp::test {
namespace {

/// The program in a terminal of 80 x 24 characters. Killed when this is destroyed.
class Terminal {
 public:
  Terminal() {
    winsize size{};
    size.ws_col = 80;
    size.ws_row = 24;
    pid_ = forkpty(&terminal_, nullptr, nullptr, &size);
    if (pid_ == 0) {
      const std::string program = (std::filesystem::path(ONRAMP_BIN_DIR) / "onramp-sim").string();
      execl(program.c_str(), "onramp-sim", "play", "vacuum_grasp", "--set", "max_steps=3", "--set", "image_size=16",
            static_cast<char*>(nullptr));
      _exit(127);
    }
  }
  ~Terminal() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    if (terminal_ >= 0) close(terminal_);
  }

  bool exists() const { return pid_ > 0; }

  void type(const char* keys) { ASSERT_GT(write(terminal_, keys, std::char_traits<char>::length(keys)), 0); }

  /// Reads until `words` come, or the time is up. @return whether they came
  bool wait_for(const std::string& words, double seconds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (std::chrono::steady_clock::now() < until) {
      if (text_.find(words, from_) != std::string::npos) return true;
      pollfd ready{terminal_, POLLIN, 0};
      if (poll(&ready, 1, 100) <= 0) continue;
      char bytes[4096];
      const auto count = read(terminal_, bytes, sizeof bytes);
      if (count <= 0) break;
      text_.append(bytes, static_cast<size_t>(count));
    }
    return text_.find(words, from_) != std::string::npos;
  }
  /// What comes from now on.
  void forget() { from_ = text_.size(); }

  int finish() {
    wait_for("nothing that is ever said", 30.0);  // to the end of its output
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  /// Characters of the longest line, without what steers the terminal.
  size_t longest_line() const {
    size_t longest = 0, width = 0;
    for (size_t i = 0; i < text_.size(); ++i) {
      const auto c = static_cast<unsigned char>(text_[i]);
      if (c == 27) {
        while (i + 1 < text_.size() && !std::isalpha(static_cast<unsigned char>(text_[i]))) ++i;
      } else if (c == '\n') {
        width = 0;
      } else if (c >= 32 && (c & 0xC0) != 0x80) {  // a character, not a later byte of one
        longest = std::max(longest, ++width);
      }
    }
    return longest;
  }

 private:
  int terminal_ = -1;
  pid_t pid_ = -1;
  std::string text_;
  size_t from_ = 0;
};

TEST(Play, WaitsForAKeyBeforeAndAfterAnAttemptAndFitsInto80Columns) {
  Terminal terminal;
  if (!terminal.exists()) GTEST_SKIP() << "this machine has no terminals to pretend with (/dev/pts)";
  ASSERT_TRUE(terminal.wait_for("starts with your first key", 60.0));
  EXPECT_FALSE(terminal.wait_for("step 1/3", 0.5)) << "it began by itself";
  terminal.type("f");
  ASSERT_TRUE(terminal.wait_for("No success, ended by time_limit", 30.0));
  terminal.forget();
  EXPECT_FALSE(terminal.wait_for("seed 1 ", 0.5)) << "the outcome was not left to be read";
  terminal.type("f");
  EXPECT_FALSE(terminal.wait_for("seed 1 ", 0.3)) << "only n asks for the next";
  terminal.type("n");
  ASSERT_TRUE(terminal.wait_for("seed 1 ", 30.0));
  terminal.forget();
  terminal.type("n");  // another situation, without an attempt at this one
  ASSERT_TRUE(terminal.wait_for("seed 2 ", 30.0));
  terminal.type("x");
  EXPECT_EQ(terminal.finish(), 0);
  EXPECT_TRUE(terminal.wait_for("0 of 1 attempt succeeded", 0.0));
  EXPECT_LE(terminal.longest_line(), 80u);
}

}  // namespace
}  // namespace onramp::test
