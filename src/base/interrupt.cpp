#include "onramp/base/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "onramp/base/error.h"

namespace onramp {
namespace {

// The only global state: a signal handler has no arguments.
std::atomic<bool> requested{false};
// Apart from it: a terminal that closes sends several signals, from the kernel and from the shell, and often SIGTERM behind
// them. None of these is a person who presses Ctrl-C a second time because saving takes too long.
std::atomic<bool> hung_up{false};
static_assert(std::atomic<bool>::is_always_lock_free, "used in a signal handler");

void say(std::string_view text) {
  const int saved = errno;
  [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, text.data(), text.size());
  errno = saved;
}

extern "C" void on_interrupt(int /*signal*/) {
  if (requested.exchange(true)) ::_exit(130);  // nothing else is allowed in a handler, and nothing else is wanted
  say("\ninterrupted: stopping in order; press Ctrl-C again to stop at once\n");
}

extern "C" void on_hangup(int /*signal*/) {
  if (!hung_up.exchange(true)) say("\nthe terminal was closed: stopping in order\n");  // for an stderr that is a file
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;  // libraries below do not all expect EINTR
  ONRAMP_CHECK(::sigaction(signal, &action, nullptr) == 0);
}

}  // namespace

void install_interrupt_handler() {
  for (const int signal : {SIGINT, SIGTERM}) handle(signal, on_interrupt);
  struct sigaction hangup {};
  ONRAMP_CHECK(::sigaction(SIGHUP, nullptr, &hangup) == 0);
  if (hangup.sa_handler != SIG_IGN) handle(SIGHUP, on_hangup);  // ignored: started with nohup, to outlive the terminal
}

bool interrupt_requested() noexcept {
  return requested.load(std::memory_order_relaxed) || hung_up.load(std::memory_order_relaxed);
}
void request_interrupt() noexcept { requested.store(true); }
void clear_interrupt() noexcept {
  requested.store(false);
  hung_up.store(false);
}

}  // namespace onramp
