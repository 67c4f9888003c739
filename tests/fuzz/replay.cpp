// Runs a fuzz target over files: TARGET FILE_OR_FOLDER... For compilers without libFuzzer, and so that what was found once
// stays tested.
#include <cstdio>
#include <exception>
#include <filesystem>

#include "fuzz.h"
#include "onramp/base/atomic_file.h"

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  int count = 0;
  const auto run = [&](const fs::path& file) {
    const std::string bytes = onramp::read_file(file);
    std::fprintf(stderr, "%s\n", file.c_str());  // the last line names the input that stopped it
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    ++count;
  };
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      run(argv[i]);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(argv[i])) run(entry.path());
  }
  std::printf("%d inputs\n", count);
  return count > 0 ? 0 : 1;
}
