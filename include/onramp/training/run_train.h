// The whole of onramp-train as one call, for programs that add their own parts to the catalog.
#pragma once

#include "onramp/training/catalog.h"

namespace onramp {

/// Command line: CONFIG.yaml [--set key=value ...] [--dry-run] [--help-config] [--version]. Runs, or continues, what the config says.
///
///   int main(int argc, char** argv) {
///     onramp::Catalog catalog = ...;
///     catalog.environments.add<MyConfig>("mine", "my robot", make_mine);
///     return onramp::run_train(catalog, argc, argv);
///   }
///
/// @return exit code: 0, 1 (error), 2 (mistake in config or command line), 130 (interrupted and saved)
int run_train(const Catalog& catalog, int argc, char** argv) noexcept;

}  // namespace onramp
