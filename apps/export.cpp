// onramp-export POLICY: a trained policy as one TorchScript file, for programs without onramp.
#include <CLI/CLI.hpp>
#include <iostream>

#include "onramp/base/error.h"
#include "onramp/base/process_setup.h"
#include "onramp/policies/torchscript_export.h"
#include "onramp/training/command_line.h"
#include "onramp/training/policy_file.h"

namespace onramp {
namespace {

int export_policy(const std::filesystem::path& path, const std::filesystem::path& out) {
  const PolicyFile file = read_policy_file(path, at::kCPU);
  const auto bytes = export_torchscript(*file.policy, file.about);
  const double difference = torchscript_difference(bytes);
  if (!(difference <= kTorchScriptTolerance)) {
    throw Error(concat("the exported policy acts differently, by ", difference, " (at most ", kTorchScriptTolerance,
                       " is rounding); nothing was written. Please report it with ", file.folder.string()));
  }
  write_named_file(out, bytes);
  std::cout << "policy " << file.folder.string() << "\n  hash " << file.hash << "\nwrote  " << out.string()
            << ": loaded again, its actions differ by at most " << difference << "\n";
  return 0;
}

int export_main(int argc, char** argv) {
  process_setup();
  std::filesystem::path policy, out = "policy.pt";
  CLI::App app{"Writes a trained policy, preprocessing included, as one TorchScript file: torch.jit.load in Python."};
  app.add_option("policy", policy, "a run's folder (its last policy), one of its policies/ or checkpoints/")
      ->required();
  want_file(app.add_option("--out", out, "the file to write")->capture_default_str(), ".pt");
  app.footer(
      "Examples:\n"
      "  onramp-export runs/quickstart/seed1 --out policy.pt\n"
      "  python3 examples/python/load_policy.py policy.pt\n"
      "Exit codes: 0 done, 1 error, 2 mistake in the command line.");
  if (!parse_command_line(app, argc, argv)) return 0;
  return export_policy(policy, out);
}

}  // namespace
}  // namespace onramp

int main(int argc, char** argv) {
  return onramp::run_main([&] { return onramp::export_main(argc, argv); });
}
