#include "rows.h"

#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include "profile.h"

namespace onramp::bench {
namespace {

bool profiles_wanted = false;

/// Largest resident size of this process so far, in MiB.
double peak_memory_mib() {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    if (word != "VmHWM:") continue;
    double kib = 0;
    file >> kib;
    return kib / 1024;
  }
  return 0;
}

void warm_up(const Work& work) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  for (int i = 0; i < 20 && Clock::now() - start < std::chrono::milliseconds(300); ++i) work.once();
}

void report(benchmark::State& state, const Work& work) {
  const auto rate = [](double amount) {
    return benchmark::Counter(amount, benchmark::Counter::kIsIterationInvariantRate);
  };
  state.counters["per_s"] = rate(work.items);
  if (work.flops > 0) {
    state.counters["flops_per_s"] = rate(work.flops);
    state.counters["flops"] = work.flops;
  }
  if (work.bytes > 0) state.counters["bytes_per_s"] = rate(work.bytes);
  for (const auto& [key, value] : work.facts) state.counters[key] = value;
  state.counters["peak_memory_mib"] = peak_memory_mib();
}

}  // namespace

void print_profiles() { profiles_wanted = true; }

void add_row(const std::string& name, const std::string& unit, std::function<Work()> make) {
  auto made = std::make_shared<std::optional<Work>>();  // Google Benchmark calls a row several times over
  const auto run = [=](benchmark::State& state) {
    const int threads = at::get_num_threads();
    const bool first = !*made;
    if (first) *made = make();
    const Work& work = **made;
    if (work.threads > 0) at::set_num_threads(static_cast<int>(work.threads));
    if (first) warm_up(work);
    if (first && profiles_wanted) std::cout << name << "\n" << profile(work.once, 20);
    for (auto _ : state) work.once();
    at::set_num_threads(threads);
    state.SetLabel(unit);
    report(state, work);
  };
  benchmark::RegisterBenchmark(name.c_str(), run)->UseRealTime()->Unit(benchmark::kMicrosecond);
}

}  // namespace onramp::bench
