// Pictures and keys in a text terminal: works without a display and over ssh.
#pragma once

#include <ATen/core/Tensor.h>

#include <termios.h>

#include <cstdint>
#include <string>

namespace onramp {

/// A picture in coloured half blocks, two pixels a character: [H, W, 3] becomes H / 2 lines of W characters.
/// @param rgb  uint8 [H, W, 3]
std::string terminal_picture(const at::Tensor& rgb);

/// In characters.
struct TerminalSize {
  int64_t columns = 80, rows = 24;
};
TerminalSize terminal_size();

/// Keys arrive one by one, without Return and without being shown, while this lives. One at a time.
class RawKeys {
 public:
  /// @throws Error when standard input is no terminal
  RawKeys();
  ~RawKeys();
  RawKeys(const RawKeys&) = delete;
  RawKeys& operator=(const RawKeys&) = delete;

  /// The next key that was pressed, or 0 when there is none. Escape sequences of special keys are swallowed.
  char poll();

 private:
  termios before_{};
};

}  // namespace onramp
