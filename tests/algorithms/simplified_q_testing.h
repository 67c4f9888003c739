// A small SimplifiedQ, and one whose networks a test writes by hand.
#pragma once

#include "agent_testing.h"
#include "onramp/algorithms/simplified_q.h"

namespace onramp::test {

inline SimplifiedQConfig small_config() { return small_agent<SimplifiedQConfig>(); }

inline SimplifiedQConfig by_hand_config(int64_t units, int64_t ensemble = 1) {
  return by_hand<SimplifiedQConfig>(units, ensemble);
}

}  // namespace onramp::test
