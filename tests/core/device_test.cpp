#include "onramp/core/device.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "onramp/base/error.h"
#include "onramp/base/text.h"
#include "support/expect_throws.h"

namespace onramp {
namespace {

/// Sets a variable of the environment for one scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    ::setenv(name, value, 1);
  }
  ~Variable() { before_.empty() ? ::unsetenv(name_) : ::setenv(name_, before_.c_str(), 1); }

 private:
  const char* name_;
  std::string before_;
};

bool any_holds(const std::vector<std::string>& lines, const std::string& text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const auto& line) { return line.find(text) != std::string::npos; });
}

TEST(ApplyCompute, SetsThreadsAndReportsOneLine) {
  const auto compute = apply_compute({.threads = 1});
  EXPECT_EQ(at::get_num_threads(), 1);
  EXPECT_EQ(at::get_num_interop_threads(), 1);
  EXPECT_TRUE(compute.device.is_cpu());
  EXPECT_EQ(compute.summary.find("device cpu, 1 thread, ATen "), 0u) << compute.summary;
  EXPECT_NE(compute.summary.find("MKL forced AVX-512"), std::string::npos)
      << "linked with mkl_avx512: " << compute.summary;
  EXPECT_NE(compute.summary.find(", float32, LibTorch 2."), std::string::npos) << compute.summary;
  EXPECT_EQ(compute.summary.find('\n'), std::string::npos);
  EXPECT_EQ(machine_description().at("threads"), 1);
}

TEST(ApplyCompute, TakesTheCoresThatItMayUse) {
  ::unsetenv("OMP_NUM_THREADS");
  ::unsetenv("MKL_NUM_THREADS");
  const auto compute = apply_compute({});
  EXPECT_EQ(compute.threads, available_cores());
  EXPECT_FALSE(any_holds(compute.warnings, "threads"));
}

TEST(BusyWarning, IsOfThreadsThatWouldShareCoresWithOthers) {
  EXPECT_EQ(busy_warning(2, 0, 2), "");
  EXPECT_EQ(busy_warning(1, 7, 2), "") << "one waits for nobody";
  EXPECT_EQ(busy_warning(2, 2, 4), "");
  EXPECT_NE(busy_warning(4, 1, 4).find("set compute.threads: 3 meanwhile"), std::string::npos);
  EXPECT_NE(busy_warning(2, 9, 2).find("set compute.threads: 1 meanwhile"), std::string::npos);
}

// Threads of this program count as well, but for the one that asks.
TEST(BusyWarning, SeesWhatRunsBesideIt) {
  std::atomic<bool> stop = false;
  std::thread other([&] {
    while (!stop) {
    }
  });
  int64_t running = 0;
  for (int i = 0; i < 20 && running == 0; ++i) running = running_elsewhere();
  stop = true;
  other.join();
  std::ifstream file("/proc/stat");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const bool is_told = text.find("procs_running") != std::string::npos;
  const bool has_all_cores =
      available_cores() >= ::sysconf(_SC_NPROCESSORS_ONLN);  // else what runs may run on the others
  EXPECT_EQ(running >= 1, is_told && has_all_cores);
}

TEST(ApplyCompute, WarnsOfWhatMakesItSlow) {
  {
    const Variable variable("MKL_CBWR", "COMPATIBLE");
    EXPECT_TRUE(any_holds(apply_compute({}).warnings, "MKL_CBWR=COMPATIBLE restricts the instructions"));
  }
  {
    const Variable variable("OMP_NUM_THREADS", "3");
    EXPECT_TRUE(
        any_holds(apply_compute({.threads = 1}).warnings, "OMP_NUM_THREADS=3 and threads: 1 contradict each other"));
  }
  if (available_cores() > 1) {
    const Variable variable("OMP_NUM_THREADS", "1");
    const auto compute = apply_compute({});
    EXPECT_EQ(compute.threads, 1);
    EXPECT_TRUE(any_holds(compute.warnings, "OMP_NUM_THREADS=1 leaves"));
  }
  EXPECT_TRUE(any_holds(apply_compute({.threads = available_cores() + 1}).warnings,
                        "which is slower than one thread per core"));
  apply_compute({.threads = 1});
}

TEST(ResolveDevice, RefusesCudaWhereThereIsNone) {
  EXPECT_TRUE(resolve_device(DeviceChoice::kCpu).is_cpu());
  if (at::hasCUDA()) {
    EXPECT_TRUE(resolve_device(DeviceChoice::kCuda).is_cuda());
    EXPECT_TRUE(resolve_device(DeviceChoice::kAuto).is_cuda());
    return;
  }
  EXPECT_TRUE(resolve_device(DeviceChoice::kAuto).is_cpu());
  test::expect_throws<ConfigError>([] { resolve_device(DeviceChoice::kCuda); }, "device: cuda is not usable here");
}

TEST(ComputeConfig, IsReadFromText) {
  const auto config = read_config<ComputeConfig>(parse_config_text("{device: auto, threads: 2}", "test.yaml"));
  EXPECT_EQ(config.device, DeviceChoice::kAuto);
  EXPECT_EQ(config.threads, 2);
  EXPECT_THROW(read_config<ComputeConfig>(parse_config_text("{threads: -1}", "test.yaml")), ConfigError);
}

// The promise of core/device.h. 512 rows are enough for both threads to get work.
TEST(ApplyCompute, ProductsRepeatTheirBits) {
  apply_compute({.threads = 2});
  const auto a = at::arange(512 * 300, at::kFloat).reshape({512, 300}).sin();
  const auto b = at::arange(300 * 256, at::kFloat).reshape({300, 256}).cos();
  const auto first = at::matmul(a, b);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(at::equal(at::matmul(a, b), first));
  apply_compute({.threads = 1});
}

/// "omp_get_max_threads() : 1", of this thread.
std::string threads_of(const std::string& function) {
  const auto info = at::get_parallel_info();
  const auto at = info.find(function + "() : ");
  return at == std::string::npos ? "" : info.substr(at, info.find('\n', at) - at);
}

/// What OpenMP, MKL, and a loop of ours use.
void expect_threads(int count) {
  EXPECT_EQ(at::get_num_threads(), count);
  EXPECT_EQ(threads_of("omp_get_max_threads"), concat("omp_get_max_threads() : ", count));
  if (at::hasMKL()) {
    EXPECT_EQ(threads_of("mkl_get_max_threads"), concat("mkl_get_max_threads() : ", count));
  }
  std::mutex mutex;
  std::set<std::thread::id> seen;
  at::parallel_for(0, 64, 1, [&](int64_t, int64_t) {
    const std::lock_guard lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(std::ssize(seen), count);
}

TEST(OneComputeThread, IsForItsOwnThreadAndLifeAlone) {
  const int before = at::get_num_threads();
  at::set_num_threads(2);
  {
    const OneComputeThread one;
    expect_threads(1);
    std::thread([] { expect_threads(2); }).join();
  }
  expect_threads(2);
  std::thread([] {  // one that has computed nothing yet
    const OneComputeThread one;
    expect_threads(1);
  })
      .join();
  at::set_num_threads(before);
}

}  // namespace
}  // namespace onramp
