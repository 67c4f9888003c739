#include "onramp/envs/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "onramp/base/error.h"
#include "onramp/core/shapes.h"

namespace onramp {

std::string terminal_picture(const at::Tensor& rgb) {
  check_uint8("picture", rgb, {kAny, kAny, 3});
  const at::Tensor host = rgb.contiguous();
  const uint8_t* pixels = host.const_data_ptr<uint8_t>();
  const int64_t width = rgb.size(1), lines = rgb.size(0) / 2;
  const auto colour = [&](int64_t y, int64_t x) {
    const uint8_t* p = pixels + (y * width + x) * 3;
    return concat(int{p[0]}, ";", int{p[1]}, ";", int{p[2]}, "m");
  };
  std::string text;
  for (int64_t line = 0; line < lines; ++line) {
    std::string last;
    for (int64_t x = 0; x < width; ++x) {
      // The upper half block: its colour above, the background's below.
      std::string now = concat("\x1b[38;2;", colour(2 * line, x), "\x1b[48;2;", colour(2 * line + 1, x));
      if (now != last) text += now;
      text += "\u2580";
      last = std::move(now);
    }
    text += "\x1b[0m\x1b[K\n";
  }
  return text;
}

TerminalSize terminal_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

RawKeys::RawKeys() {
  if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before_) != 0) {
    throw Error("the keyboard cannot be read: standard input is no terminal");
  }
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // Ctrl-C stays what it is
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

RawKeys::~RawKeys() { tcsetattr(STDIN_FILENO, TCSANOW, &before_); }

char RawKeys::poll() {
  char key = 0;
  if (read(STDIN_FILENO, &key, 1) != 1) return 0;
  if (key == 27) {
    char more[16];
    return read(STDIN_FILENO, more, sizeof more) > 0 ? poll() : key;
  }
  return key;
}

}  // namespace onramp
