// Why an episode ended: named once, at the environment's border, and carried from there to disk, wire and `discount`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace onramp {

/// Why an episode ended; is_terminal() says which reasons let no return follow.
enum class EndReason : uint8_t {
  kSuccess,     ///< the task is solved; terminal
  kFailure,     ///< the task can no longer be solved; terminal
  kTimeLimit,   ///< cut off by the clock; bootstrap from the last state
  kHumanStop,   ///< cut off by a person
  kSafetyStop,  ///< protective stop; cut off unless the task declares it terminal
  kCommsLoss,   ///< a device or link was lost; cut off
};

inline constexpr std::array<std::string_view, 6> kEndReasonNames = {"success",    "failure",     "time_limit",
                                                                    "human_stop", "safety_stop", "comms_loss"};

constexpr std::string_view to_string(EndReason reason) { return kEndReasonNames[static_cast<size_t>(reason)]; }

/// @return the reason of that name, or nothing.
constexpr std::optional<EndReason> end_reason_from_string(std::string_view name) {
  for (size_t i = 0; i < kEndReasonNames.size(); ++i) {
    if (kEndReasonNames[i] == name) return static_cast<EndReason>(i);
  }
  return std::nullopt;
}

/// Whether no return follows the last state. Success and failure are always terminal; a task may declare a protective
/// stop terminal as well (Simplified Q does, app. C).
constexpr bool is_terminal(EndReason reason, bool safety_stop_is_terminal) {
  return reason == EndReason::kSuccess || reason == EndReason::kFailure ||
         (reason == EndReason::kSafetyStop && safety_stop_is_terminal);
}

}  // namespace onramp
