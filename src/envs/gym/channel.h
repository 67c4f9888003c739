// Questions and answers between this process and Python's, over a stream socket. A frame is
//   magic "onrp" | uint32 kind | uint64 bytes that follow | the bytes          little-endian
// and each question has one answer, of the same kind, or kFailed with JSON that says why not:
//   kHello   JSON: what to make                                   -> JSON: spaces, limits, versions (spaces.h)
//   kLayout  JSON: where things lie in the shared memory          -> nothing
//   kReset   uint64 seed                                          -> uint64 nanoseconds spent in reset(); memory: observation
//   kStep    nothing; memory: action                              -> Stepped; memory: observation
//   kRender  nothing                                              -> uint32 height | uint32 width | uint8 [height, width, 3]
//   kInfo    nothing                                              -> JSON: keys of the last `info`
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onramp/base/file_descriptor.h"

namespace onramp::gym {

/// Of a frame; bridge.py has the same numbers.
enum class Ask : uint32_t { kHello = 1, kLayout, kReset, kStep, kRender, kInfo, kFailed = 100 };

/// Answer to kStep.
struct Stepped {
  double reward;
  uint64_t python_ns;  ///< spent in the environment's step()
  uint8_t terminated, truncated;
  uint8_t success;  ///< 0 or 1; 2: `info` did not say
  uint8_t unused[5];
};
static_assert(sizeof(Stepped) == 24);

/// How a question went.
enum class Heard : uint8_t { kAnswer, kRefusal, kNothing, kTooLate, kGarbage };
struct Answer {
  Heard heard = Heard::kNothing;
  std::span<const std::byte> bytes;  ///< valid until the next question
  std::string what;                  ///< of garbage: what came
};

/// This end of the socket. Nothing that comes is taken on trust: the other end runs a stranger's code.
class Channel {
 public:
  explicit Channel(FileDescriptor socket) : socket_(std::move(socket)) {}

  /// Waits at most that long for the whole answer.
  Answer ask(Ask kind, std::span<const std::byte> bytes, double timeout_s);
  Answer ask(Ask kind, std::string_view text, double timeout_s) {
    return ask(kind, std::as_bytes(std::span(text)), timeout_s);
  }
  /// No question will follow: the other end may finish.
  void close() { socket_.close(); }

 private:
  Heard send(std::span<const std::byte> bytes, double until_s) const;
  Heard receive(size_t wanted, double until_s);

  FileDescriptor socket_;
  std::vector<std::byte> buffer_;
  size_t received_ = 0;  // of the answer, head included
};

}  // namespace onramp::gym
