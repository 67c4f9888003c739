#include "onramp/core/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/util/Exception.h>
#include <omp.h>
#include <sched.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <thread>

#include "onramp/base/error.h"
#include "onramp/base/process_setup.h"

// MKL's C interface (the name in small letters is Fortran's); not there in a LibTorch without MKL.
extern "C" int MKL_Set_Num_Threads_Local(int count) __attribute__((weak));

namespace onramp {
namespace {

bool intel_cpu() { return __builtin_cpu_is("intel") != 0; }

/// Cores by the quota of control group v2 or v1; nothing when there is none.
std::optional<double> control_group_cores() {
  double quota = 0.0, period = 0.0;
  std::string text;
  if (std::ifstream file("/sys/fs/cgroup/cpu.max"); file >> text >> period && text != "max" && period > 0.0) {
    return std::strtod(text.c_str(), nullptr) / period;
  }
  std::ifstream quota_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), period_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (quota_file >> quota && period_file >> period && quota > 0.0 && period > 0.0) return quota / period;
  return std::nullopt;
}

std::optional<int> environment_number(const char* name) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  const int value = std::atoi(text);
  return value > 0 ? std::optional(value) : std::nullopt;
}

/// How matrix products and element-wise kernels are computed: what decides bits and speed.
std::string instruction_set() {
  std::string mkl = "none";
  if (at::hasMKL()) {
    const bool forced = mkl_dispatch() == MklDispatch::kForcedAvx512;
    mkl = forced ? "forced AVX-512" : std::string("own choice on ") + (intel_cpu() ? "Intel" : "another vendor's CPU");
  }
  return "ATen " + at::get_cpu_capability() + ", MKL " + mkl;
}

std::vector<std::string> slow_settings(const ComputeConfig& config, int threads) {
  std::vector<std::string> warnings;
  const int cores = available_cores();
  if (threads > cores) {
    warnings.push_back(concat(threads, " threads share ", cores,
                              " cores, which is slower than one thread per core; set threads: ", cores));
  }
  for (const char* name : {"OMP_NUM_THREADS", "MKL_NUM_THREADS"}) {
    const auto value = environment_number(name);
    if (!value) continue;
    if (config.threads == 0 && *value < cores) {
      warnings.push_back(concat(name, "=", *value, " leaves ", cores - *value, " of ", cores,
                                " cores idle; unset it, or set threads in the config"));
    } else if (config.threads > 0 && *value != config.threads) {
      warnings.push_back(
          concat(name, "=", *value, " and threads: ", config.threads, " contradict each other; the config wins"));
    }
  }
  for (const char* name : {"ATEN_CPU_CAPABILITY", "MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR", "MKL_DEBUG_CPU_TYPE"}) {
    if (const char* const value = std::getenv(name)) {
      warnings.push_back(
          concat(name, "=", value, " restricts the instructions that numerical code uses; unset it for full speed"));
    }
  }
  if (!at::hasMKL()) {
    warnings.push_back(
        "this LibTorch has no MKL, so that matrix products are up to three times slower; use the torch wheel");
  } else if (!intel_cpu() && __builtin_cpu_supports("avx512f") && mkl_dispatch() != MklDispatch::kForcedAvx512) {
    warnings.push_back(mkl_dispatch_text());
  }
  return warnings;
}

void use_one_inter_op_thread() {
  if (at::get_num_interop_threads() == 1) return;
  try {
    at::set_num_interop_threads(1);
  } catch (const c10::Error&) {  // someone has used that pool already: then it stays, idle
  }
}

}  // namespace

int available_cores() {
  int cores = 1;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) cores = std::max(1, CPU_COUNT(&set));
  if (const auto quota = control_group_cores())
    cores = std::min(cores, std::max(1, static_cast<int>(std::ceil(*quota))));
  return cores;
}

int64_t running_elsewhere() {
  if (available_cores() < ::sysconf(_SC_NPROCESSORS_ONLN))
    return 0;  // others may run on the cores that are not this one's
  constexpr int kLooks = 5;
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int look = 0; look < kLooks; ++look) {
    if (look > 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    int64_t running = 1;
    std::ifstream file("/proc/stat");
    for (std::string word; file >> word;) {
      if (word == "procs_running") file >> running;
    }
    least = std::min(least, running - 1);
  }
  return std::max<int64_t>(0, least);
}

std::string busy_warning(int threads, int64_t running, int cores) {
  if (threads < 2 || running + threads <= cores) return "";
  return concat(
      "other programs run on this machine (", running, " at the moment, ", cores, " cores): ", threads,
      " threads, of which each waits for the others, may be several times slower than fewer; set compute.threads: ",
      std::max<int64_t>(1, cores - running), " meanwhile, or wait for the others' end");
}

at::Device resolve_device(DeviceChoice choice) {
  const bool cuda = choice != DeviceChoice::kCpu && at::hasCUDA();
  if (choice == DeviceChoice::kCuda && !cuda) {
    throw ConfigError(
        "device: cuda is not usable here (no GPU, no driver, or a LibTorch without CUDA); set device: cpu or auto");
  }
  return cuda ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
}

Compute apply_compute(const ComputeConfig& config) {
  Compute compute;
  compute.device = resolve_device(config.device);
  const int by_environment = std::min(environment_number("OMP_NUM_THREADS").value_or(1024),
                                      environment_number("MKL_NUM_THREADS").value_or(1024));
  compute.threads = config.threads > 0 ? static_cast<int>(config.threads) : std::min(available_cores(), by_environment);
  at::set_num_threads(compute.threads);
  use_one_inter_op_thread();

  compute.warnings = slow_settings(config, compute.threads);
  const auto precision = at::globalContext().float32MatmulPrecision() == at::Float32MatmulPrecision::HIGHEST
                             ? "float32"
                             : "float32 with reduced products (TF32 or bfloat16)";
  compute.summary =
      concat("device ", compute.device.str(), ", ", compute.threads, compute.threads == 1 ? " thread" : " threads",
             ", ", instruction_set(), ", ", precision, ", LibTorch " TORCH_VERSION);
  return compute;
}

OneComputeThread::OneComputeThread() {
  // Both set this thread's number when it is asked for the first time, as they would later otherwise: ATen's own, and this
  // program's copy of a function of its headers.
  at::get_num_threads();
  at::internal::lazy_init_num_threads();
  openmp_ = omp_get_max_threads();
  omp_set_num_threads(1);
  if (MKL_Set_Num_Threads_Local) mkl_ = MKL_Set_Num_Threads_Local(1);
}

OneComputeThread::~OneComputeThread() {
  omp_set_num_threads(openmp_);
  if (MKL_Set_Num_Threads_Local) MKL_Set_Num_Threads_Local(mkl_);
}

bool has_bf16_products() { return __builtin_cpu_supports("avx512bf16") != 0; }

nlohmann::json machine_description() {
  return {{"threads", at::get_num_threads()}, {"instruction_set", instruction_set()}, {"libtorch", TORCH_VERSION}};
}

}  // namespace onramp
