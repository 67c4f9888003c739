// Ctrl-C and SIGTERM ask a program to save and stop; a second one stops it at once. A terminal that closes (SIGHUP) asks too,
// however often, and stops nothing at once.
#pragma once

namespace onramp {

/// Installs the handlers for SIGINT, SIGTERM and SIGHUP, for programs (a library's user may have some of their own).
/// A SIGHUP that is ignored, as under nohup, stays so. Idempotent.
void install_interrupt_handler();

/// Whether a person or a scheduler asked to stop. Any thread, cheap enough for every step.
bool interrupt_requested() noexcept;

/// As if Ctrl-C had been pressed (another way to stop a run: a key, a web page, a test).
void request_interrupt() noexcept;

/// Forgets the request.
void clear_interrupt() noexcept;

}  // namespace onramp
