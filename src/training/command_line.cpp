#include "onramp/training/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "onramp/base/atomic_file.h"
#include "onramp/base/config_node.h"
#include "onramp/base/error.h"
#include "onramp/base/process_setup.h"
#include "onramp/base/text.h"

namespace onramp {
namespace {

/// What to say where the first word is no command.
void want_command(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(command->get_name());
  }
  const auto word = std::find_if(argv + 1, argv + argc, [](const char* text) { return text[0] != '-'; });
  if (known.empty() || !app.get_subcommands().empty()) return;
  const auto see = concat("; see ", app.get_name(), " --help");
  if (word == argv + argc) throw ConfigError(concat("want a command: ", join(known), see));
  if (std::find(known.begin(), known.end(), *word) != known.end()) return;
  throw ConfigError(
      concat("no command '", *word, "'", did_you_mean(*word, known), " (there are: ", join(known), ")", see));
}

}  // namespace

bool parse_command_line(CLI::App& app, int argc, char** argv) {
  app.name(std::filesystem::path(argv[0]).filename().string());
  app.set_version_flag("--version", concat(app.get_name(), " ", onramp_version()), "print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    app.exit(done);  // prints the help or the version
    return false;
  } catch (const CLI::ParseError& error) {
    want_command(app, argc, argv);
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

void want_file(CLI::Option* option, const std::string& extension, const std::string& other) {
  option->check(CLI::Validator(
      [extension, other](std::string& text) {
        const std::filesystem::path path(text);
        if (path.extension() != extension && (other.empty() || path.extension() != other)) {
          std::error_code ignored;
          return concat("want a file's name that ends in ", extension, ", got ", text,
                        std::filesystem::is_directory(path, ignored) ? ", which is a folder" : "");
        }
        try {
          check_can_write(path);
        } catch (const IoError& error) {
          return std::string(error.what());
        }
        return std::string();
      },
      extension));
}

void write_named_file(const std::filesystem::path& path, std::string_view bytes) {
  if (path.has_parent_path()) create_folders(path.parent_path());
  write_file_atomic(path, bytes);
}

void want_known(const std::string& kind, const std::string& name, std::span<const std::string> known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  throw ConfigError(concat("no ", kind, " '", name, "'", did_you_mean(name, known), " (there are: ", join(known), ")"));
}

void want_environment_of_this_program(const ConfigNode& recorded, std::span<const std::string> known) {
  const auto type = recorded.get("type");
  if (!type.is_scalar() || std::find(known.begin(), known.end(), type.text()) != known.end()) return;
  type.fail(concat("'", type.text(), "' is an environment of the program that trained in it; this one has ",
                   join(known), did_you_mean(type.text(), known),
                   ". Use that program (docs/library.md), or name a task that shows and takes the same"));
}

}  // namespace onramp
