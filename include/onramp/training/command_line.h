// What every program says of its command line, said in one way.
#pragma once

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace onramp {

/// Parses. @return false when all is said: --help was asked for and printed
/// @throws ConfigError, one line that ends in where to look, for a mistake
bool parse_command_line(CLI::App& app, int argc, char** argv);

/// The option's value must be a whole number >= `least`.
void want_at_least(CLI::Option* option, long long least);

}  // namespace onramp
