// What every program says of its command line, said in one way.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own
class App;
class Option;
}  // namespace CLI

namespace onramp {

class ConfigNode;

/// Parses. @return false when all is said: --help or --version was asked for and printed
/// @throws ConfigError, one line that ends in where to look, for a mistake
bool parse_command_line(CLI::App& app, int argc, char** argv);

/// The option's value must be a whole number >= `least`.
void want_at_least(CLI::Option* option, long long least);

/// The option's value must be able to name a file with this extension (".mp4"), which can be written: said before the work that
/// it is to hold, and not after it.
/// @param other  an extension that is as good; "": none is
void want_file(CLI::Option* option, const std::string& extension, const std::string& other = "");

/// Writes such a file, whole or not at all; its folder is made where it is missing. @throws IoError
void write_named_file(const std::filesystem::path& path, std::string_view bytes);

/// @param kind  what it is a name of: "task". @throws ConfigError naming what there is
void want_known(const std::string& kind, const std::string& name, std::span<const std::string> known);

/// @param recorded  `env` as a run or policy keeps it
/// @throws ConfigError naming its type where that is none of `known`: one's own environment is known to the program that trained in it
void want_environment_of_this_program(const ConfigNode& recorded, std::span<const std::string> known);

}  // namespace onramp
