// onramp-bench [--threads=N] [--profile] [options of Google Benchmark]: the rows that scripts/bench.sh puts into its table.
// --profile also prints where the time of each row goes, by operator.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "apps/catalog.h"
#include "benchmarks/rows.h"
#include "onramp/base/process_setup.h"
#include "onramp/base/text.h"
#include "onramp/core/device.h"
#include "onramp/training/command_line.h"

namespace onramp::bench {
namespace {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  std::string family, model, name;
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const auto value = [&] { return line.substr(line.find(':') + 2); };
    if (line.starts_with("cpu family")) family = value();
    if (line.starts_with("model name")) name = value();
    if (line.starts_with("model\t")) model = value();
  }
  return concat(name, ", family ", family, ", model ", model);
}

}  // namespace

}  // namespace onramp::bench

int main(int argc, char** argv) {
  return onramp::run_main([&] {
    using namespace onramp;
    process_setup();
    ComputeConfig compute;
    std::vector<char*> rest;
    for (int i = 0; i < argc; ++i) {
      constexpr std::string_view kThreads = "--threads=";
      const std::string_view argument(argv[i]);
      if (argument.starts_with(kThreads)) {
        compute.threads = std::atoll(argv[i] + kThreads.size());
      } else if (argument == "--profile") {
        bench::print_profiles();
      } else {
        rest.push_back(argv[i]);
      }
    }
    check_config(compute);
    const Compute machine = apply_compute(compute);
    for (const auto& warning : machine.warnings) std::cerr << "warning: " << warning << "\n";
    benchmark::AddCustomContext("machine", bench::cpu_model());
    benchmark::AddCustomContext("settings", machine.summary);
    benchmark::AddCustomContext("threads", std::to_string(machine.threads));
    benchmark::AddCustomContext("mkl", mkl_dispatch_text());

    const Catalog catalog = builtin_catalog();
    bench::add_peak_rows();
    bench::add_redq_rows();
    bench::add_learner_rows(catalog);
    bench::add_replay_rows();
    bench::add_simulator_rows(catalog);
    bench::add_latency_rows(catalog);
    bench::add_gym_rows();
    int count = static_cast<int>(rest.size());
    benchmark::Initialize(&count, rest.data());
    if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
  });
}
