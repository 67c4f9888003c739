#include "onramp/training/command_line.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "onramp/base/error.h"

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

}  // namespace onramp
