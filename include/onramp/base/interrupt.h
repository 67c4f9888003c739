// Ctrl-C and SIGTERM ask a program to save and stop; a second one stops it at once.
#pragma once

#include <string>

namespace onramp {

/// Installs the handler for SIGINT and SIGTERM, for programs (a library's user may have one of their own). Idempotent.
void install_interrupt_handler();

/// Whether a person or a scheduler asked to stop. Any thread, cheap enough for every step.
bool interrupt_requested() noexcept;

/// As if Ctrl-C had been pressed (another way to stop a run: a key, a web page, a test).
void request_interrupt() noexcept;

/// Forgets the request.
void clear_interrupt() noexcept;

/// @param what_now  the rest of the line, e.g. "saved at step 1200; the same command continues"
/// @throws InterruptedError "interrupted; <what_now>" when interrupt_requested()
void throw_if_interrupted(const std::string& what_now);

}  // namespace onramp
