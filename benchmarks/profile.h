// Where the time of a piece of work goes, by operator.
#pragma once

#include <functional>
#include <string>

namespace onramp::bench {

/// Repeats `work` and lists LibTorch's operators by the time spent in each itself, per repetition in microseconds, with the
/// shapes of their first two operands; those on the calling thread alone. What no operator accounts for is the last line. Recording costs about 1 us a call.
std::string profile(const std::function<void()>& work, int repetitions);

}  // namespace onramp::bench
