#include "channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <utility>

#include "onramp/base/printable.h"
#include "onramp/base/text.h"

namespace onramp::gym {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::array<char, 4> kMagic = {'o', 'n', 'r', 'p'};
constexpr uint64_t kMostBytes = uint64_t{64} << 20;  // a picture of 4000 x 5000 is the largest thing that is said
constexpr size_t kUsualBytes = 4096;                 // read at once, so that most answers take one call

struct FrameHead {
  std::array<char, 4> magic;
  uint32_t kind;
  uint64_t bytes;
};
static_assert(sizeof(FrameHead) == 16);

double channel_now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Until the socket can be read or written. @return kTooLate when the time is over
Heard wait_until_ready(int socket, short events, double until_s) {
  for (;;) {
    const double left_s = until_s - channel_now_s();
    if (left_s <= 0) return Heard::kTooLate;
    pollfd about{socket, events, 0};
    const int ready = poll(&about, 1, static_cast<int>(std::min(std::ceil(left_s * 1e3), 1e9)));
    if (ready > 0) return Heard::kAnswer;
    if (ready < 0 && errno != EINTR) return Heard::kNothing;
  }
}

}  // namespace

Heard Channel::send(std::span<const std::byte> bytes, double until_s) const {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      bytes = bytes.subspan(static_cast<size_t>(n));
    } else if (errno == EAGAIN) {
      if (const auto ready = wait_until_ready(socket_.get(), POLLOUT, until_s); ready != Heard::kAnswer) return ready;
    } else if (errno != EINTR) {
      return Heard::kNothing;
    }
  }
  return Heard::kAnswer;
}

Heard Channel::receive(size_t wanted, double until_s) {
  while (received_ < wanted) {
    if (buffer_.size() < wanted) buffer_.resize(wanted);
    // Waiting comes first: an answer that is there already is the exception.
    if (const auto ready = wait_until_ready(socket_.get(), POLLIN, until_s); ready != Heard::kAnswer) return ready;
    const ssize_t n = recv(socket_.get(), buffer_.data() + received_, buffer_.size() - received_, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) return Heard::kNothing;
    if (n > 0) received_ += static_cast<size_t>(n);
  }
  return Heard::kAnswer;
}

Answer Channel::ask(Ask kind, std::span<const std::byte> bytes, double timeout_s) {
  if (!socket_.valid()) return {};
  const double until_s = channel_now_s() + timeout_s;
  FrameHead head{kMagic, static_cast<uint32_t>(kind), bytes.size()};
  buffer_.resize(std::max(sizeof head + bytes.size(), kUsualBytes));
  std::memcpy(buffer_.data(), &head, sizeof head);
  if (!bytes.empty()) std::memcpy(buffer_.data() + sizeof head, bytes.data(), bytes.size());
  const auto sent = send(std::span<const std::byte>(buffer_).first(sizeof head + bytes.size()), until_s);
  if (sent != Heard::kAnswer) return {sent, {}, {}};

  received_ = 0;
  if (const auto got = receive(sizeof head, until_s); got != Heard::kAnswer) return {got, {}, {}};
  std::memcpy(&head, buffer_.data(), sizeof head);
  if (head.magic != kMagic) {
    const std::string_view came(reinterpret_cast<const char*>(buffer_.data()), received_);
    return {Heard::kGarbage, {}, concat("'", printable(came, 40), "'")};
  }
  const auto answered = static_cast<Ask>(head.kind);
  if (answered != kind && answered != Ask::kFailed) {
    return {Heard::kGarbage, {}, concat("answer ", head.kind, " to question ", static_cast<uint32_t>(kind))};
  }
  if (head.bytes > kMostBytes) return {Heard::kGarbage, {}, concat("an answer of ", head.bytes, " bytes")};
  const size_t whole = sizeof head + head.bytes;
  if (const auto got = receive(whole, until_s); got != Heard::kAnswer) return {got, {}, {}};
  if (received_ > whole) return {Heard::kGarbage, {}, concat(received_ - whole, " bytes behind an answer")};
  return {answered == Ask::kFailed ? Heard::kRefusal : Heard::kAnswer,
          std::span<const std::byte>(buffer_).subspan(sizeof head, head.bytes),
          {}};
}

}  // namespace onramp::gym
