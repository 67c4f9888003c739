#include "onramp/training/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "onramp/base/error.h"
#include "onramp/base/text.h"

namespace onramp {

bool parse_command_line(CLI::App& app, int argc, char** argv) {
  app.name(std::filesystem::path(argv[0]).filename().string());
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    app.exit(done);  // prints the help
    return false;
  } catch (const CLI::ParseError& error) {
    std::string usage = app.get_name();
    for (const auto* command : app.get_subcommands()) usage += " " + command->get_name();
    throw ConfigError(concat(error.what(), "; see ", usage, " --help"));
  }
  return true;
}

void want_at_least(CLI::Option* option, long long least) {
  option->check(CLI::Validator(
      [least](std::string& text) {
        long long value = 0;
        const bool good = CLI::detail::lexical_cast(text, value) && value >= least;
        return good ? std::string() : concat("want a whole number >= ", least, ", got ", text);
      },
      concat(">= ", least)));
}

void want_file(CLI::Option* option, const std::string& extension) {
  option->check(CLI::Validator(
      [extension](std::string& text) {
        const std::filesystem::path path(text);
        if (path.extension() != extension) return concat("want a file's name that ends in ", extension, ", got ", text);
        return std::filesystem::is_directory(path) ? concat(text, " is a folder") : std::string();
      },
      extension));
}

void want_known(const std::string& kind, const std::string& name, std::span<const std::string> known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  throw ConfigError(concat("no ", kind, " '", name, "'", did_you_mean(name, known), " (there is: ", join(known), ")"));
}

}  // namespace onramp
