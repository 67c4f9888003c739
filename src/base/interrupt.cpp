#include "onramp/base/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "onramp/base/error.h"

namespace onramp {
namespace {

// The one piece of global state: a signal handler has no arguments.
std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "used in a signal handler");

extern "C" void on_interrupt(int /*signal*/) {
  if (requested.exchange(true)) ::_exit(130);  // nothing else is allowed in a handler, and nothing else is wanted
  const int saved = errno;
  constexpr std::string_view kText = "\ninterrupted: stopping in order; press Ctrl-C again to stop at once\n";
  [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, kText.data(), kText.size());
  errno = saved;
}

}  // namespace

void install_interrupt_handler() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;  // libraries below do not all expect EINTR
  for (const int signal : {SIGINT, SIGTERM}) ONRAMP_CHECK(::sigaction(signal, &action, nullptr) == 0);
}

bool interrupt_requested() noexcept { return requested.load(std::memory_order_relaxed); }
void request_interrupt() noexcept { requested.store(true); }
void clear_interrupt() noexcept { requested.store(false); }

}  // namespace onramp
