// What computes: device, threads, and how fast the machine's libraries are set up to be.
//
// Bits: float32 results are the same again on one machine with the same thread count, LibTorch and instruction set. They
// depend on each of the three: of 15 kernels tried with 1 and with 2 threads, two differed in their last bits (a sum over
// 1024 x 256, a product of 256 x 2048 x 2048), since they split their work by the number of threads.
#pragma once

#include <c10/core/Device.h>

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "onramp/base/config.h"

namespace onramp {

/// What a config asks for.
enum class DeviceChoice : uint8_t { kCpu, kCuda, kAuto };

constexpr auto enum_names(DeviceChoice*) {
  return std::array{std::pair{DeviceChoice::kCpu, "cpu"}, std::pair{DeviceChoice::kCuda, "cuda"},
                    std::pair{DeviceChoice::kAuto, "auto"}};
}

/// Settings of what computes; they may differ between a run and its continuation.
struct ComputeConfig {
  DeviceChoice device = DeviceChoice::kCpu;
  int64_t threads = 0;
  template <class V>
  void fields(V& v) {
    v("device", device, "cpu, cuda, or auto: cuda where there is one");
    v("threads", threads, "threads of one operation; 0: the cores that this process may use", in_range(0, 1024));
  }
};

/// What apply_compute() put in effect.
struct Compute {
  at::Device device = at::kCPU;
  int threads = 1;
  std::string summary;                ///< one line: device, threads, instruction set, precision
  std::vector<std::string> warnings;  ///< settings of this machine that make it slow, each with what to do
};

/// Applies the config to the process (threads within an operation, none between operations). Call it at start, before work.
/// @throws ConfigError when CUDA is asked for and is not there
Compute apply_compute(const ComputeConfig& config);

/// @throws ConfigError
at::Device resolve_device(DeviceChoice choice);

/// Cores that this process may use: affinity and the control group's quota, not what the machine has.
int available_cores();

/// Threads of all programs that want a core at this moment, this one's left out: the least of a few looks within 0.1 s. 0 where the
/// system does not tell, or gives this process a part of its cores alone.
int64_t running_elsewhere();
/// What is to be said where `threads` that wait for each other share `cores` with others that run; empty: nothing. Once on a busy
/// machine two such threads made a seventh of the updates of one.
std::string busy_warning(int threads, int64_t running, int cores);

/// While it lives, operations of the thread that made it use no other thread: their results then do not depend on how many there
/// are (see above), and threads that compute side by side do not fight for the cores. Other threads are left alone.
class OneComputeThread {
 public:
  OneComputeThread();
  ~OneComputeThread();
  OneComputeThread(const OneComputeThread&) = delete;
  OneComputeThread& operator=(const OneComputeThread&) = delete;

 private:
  int openmp_ = 0, mkl_ = 0;  // as before
};

/// Whether this processor multiplies bfloat16 by instructions of its own (AVX512-BF16); without them it is slower than float32.
bool has_bf16_products();

/// What a bit-identical continuation needs unchanged: {"threads", "instruction_set", "libtorch"}.
nlohmann::json machine_description();

}  // namespace onramp
