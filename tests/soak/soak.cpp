// Runs a training over and over in one process and holds its memory to a bound: see --help.
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "apps/catalog.h"
#include "onramp/base/atomic_file.h"
#include "onramp/base/error.h"
#include "onramp/base/file_descriptor.h"
#include "onramp/training/command_line.h"
#include "onramp/training/run_train.h"

namespace onramp {
namespace {

namespace fs = std::filesystem;

struct Sample {
  double time_s = 0.0;
  double resident_MB = 0.0;  ///< of this process alone, without files that it maps
};

/// Of what is in use. What was freed and the allocator keeps (process_setup() asks it to, for speed) is given back first:
/// it lies elsewhere in each round, so that more and more of a heap that does not grow has been touched.
double resident_MB() {
  ::malloc_trim(0);
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stod(line.substr(8)) * 1.024e-3;  // kB of 1024 bytes
  }
  throw IoError("cannot read RssAnon of /proc/self/status; this needs Linux");
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The last quarter of the samples against the second: by then everything that is made once has been made.
double growth_MB(const std::vector<Sample>& samples) {
  const size_t quarter = samples.size() / 4;
  const auto middle_of = [&](size_t first) {
    std::vector<double> values;
    for (size_t i = first; i < first + quarter; ++i) values.push_back(samples[i].resident_MB);
    return median(values);
  };
  return middle_of(samples.size() - quarter) - middle_of(quarter);
}

/// What this process says goes into a file while it lives.
class Silence {
 public:
  explicit Silence(const fs::path& log) : out_(::dup(STDOUT_FILENO)), err_(::dup(STDERR_FILENO)) {
    const FileDescriptor file(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.valid()) throw io_error("write", log, errno);
    ::dup2(file.get(), STDOUT_FILENO);
    ::dup2(file.get(), STDERR_FILENO);
  }
  ~Silence() {
    std::cout.flush();
    std::fflush(stdout);
    ::dup2(out_.get(), STDOUT_FILENO);
    ::dup2(err_.get(), STDERR_FILENO);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  FileDescriptor out_, err_;
};

/// One whole training in a fresh folder, which goes again.
void train_once(const fs::path& config, const fs::path& folder, int64_t round) {
  const auto run = folder / "run", log = folder / "run.log";
  fs::remove_all(run);
  std::vector<std::string> words{"onramp-train", config.string(),
                                 "--set",        "run.folder=" + run.string(),
                                 "--set",        "run.seed=" + std::to_string(round % 8)};
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  int code = 0;
  {
    const Silence silence(log);
    code = run_train(builtin_catalog(), static_cast<int>(argv.size()), argv.data());
  }
  if (code == 130) throw InterruptedError("interrupted");
  if (code != 0) throw Error(concat("round ", round, " ended with ", code, "; see ", log.string()));
}

int soak(int argc, char** argv) {
  CLI::App app{"Runs a training over and over in one process; fails when its memory grows."};
  fs::path config, folder;
  double minutes = 0.0, bound_MB = 16.0;
  int64_t rounds = 0;
  app.add_option("config", config, "YAML file of a short training")->required();
  app.add_option("folder", folder, "for its runs and memory.csv (round, seconds, MB)")->required();
  app.add_option("--minutes", minutes, "how long");
  app.add_option("--rounds", rounds, "or how often");
  app.add_option("--bound-MB", bound_MB,
                 "growth that fails: median of the last quarter of the rounds minus median of the second");
  if (!parse_command_line(app, argc, argv)) return 0;

  create_folders(folder);
  std::ofstream csv(folder / "memory.csv");
  csv << "round,seconds,MB\n";
  std::vector<Sample> samples;
  const auto began = std::chrono::steady_clock::now();
  const auto elapsed_s = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  for (int64_t round = 0; round < std::max<int64_t>(rounds, 8) || elapsed_s() < 60.0 * minutes; ++round) {
    train_once(config, folder, round);
    samples.push_back({elapsed_s(), resident_MB()});
    csv << round << ',' << samples.back().time_s << ',' << samples.back().resident_MB << std::endl;
    if (round % 10 == 0) {
      std::printf("round %lld, %.0f s: %.1f MB\n", static_cast<long long>(round), samples.back().time_s,
                  samples.back().resident_MB);
      std::fflush(stdout);
    }
  }
  const double growth = growth_MB(samples);
  const double hours = (samples.back().time_s - samples.front().time_s) / 2 / 3600.0;  // between the two medians, about
  std::printf("%zu rounds in %.0f s: %.1f MB at the end, growth %.2f MB (%.1f MB an hour), bound %.1f MB\n",
              samples.size(), samples.back().time_s, samples.back().resident_MB, growth, growth / hours, bound_MB);
  if (growth > bound_MB) throw Error(concat("memory grows by ", growth, " MB; see ", (folder / "memory.csv").string()));
  fs::remove_all(folder / "run");
  return 0;
}

}  // namespace
}  // namespace onramp

int main(int argc, char** argv) {
  return onramp::run_main([&] { return onramp::soak(argc, argv); });
}
