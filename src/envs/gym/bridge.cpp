#include "bridge.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "onramp/base/text.h"

namespace onramp::gym {
namespace {

using nlohmann::json;

const char* const kBridgeScript =
#include "bridge.py.inc"
    ;
constexpr double kPatience_s = 2.0;  // for a process that is ending

/// `null`, numbers and words as YAML means them.
json json_of(const ConfigNode& node) {
  if (node.is_null()) return nullptr;
  if (node.is_scalar()) {
    const auto value = json::parse(node.text(), nullptr, /*allow_exceptions=*/false);
    return !node.quoted() && (value.is_number() || value.is_boolean()) ? value : json(node.text());
  }
  auto result = node.is_list() ? json::array() : json::object();
  for (const auto& element : node.elements()) result.push_back(json_of(element));
  for (const auto& item : node.items()) result[item.key] = json_of(item.value);
  return result;
}

json parsed(std::span<const std::byte> bytes) {
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  return json::parse(text, text + bytes.size(), nullptr, /*allow_exceptions=*/false);
}

std::string text_at(const json& facts, const char* key) {
  const auto found = facts.find(key);
  return found != facts.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> texts_at(const json& facts, const char* key) {
  std::vector<std::string> texts;
  const auto found = facts.find(key);
  if (found == facts.end() || !found->is_array()) return texts;
  for (const auto& item : *found) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

/// Of a traceback the innermost lines of code; more do not help in one line.
std::string traced(const std::vector<std::string>& frames) {
  if (frames.empty()) return "";
  const std::vector<std::string> first(frames.begin(),
                                       frames.begin() + std::min<std::ptrdiff_t>(3, std::ssize(frames)));
  return concat(" (", join(first, ", called from "), ")");
}

/// What a process left on its stderr, in a line: of a crash that Python noticed, what and where; else the last line.
std::string told_at_last(const std::string& words, bool only_where) {
  std::string fatal, where, last;
  std::istringstream lines(words);
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos) continue;
    line = line.substr(begin);
    last = line;
    if (line.starts_with("Fatal Python error: ")) fatal = line, where.clear();
    if (!fatal.empty() && where.empty() && line.starts_with("File \"") && !line.starts_with("File \"<string>\"")) {
      where = line;
    }
  }
  if (only_where) return where;
  if (fatal.empty()) return last;
  return where.empty() ? fatal : concat(fatal, ", ", where);
}

std::string setup_command(GymPackages packages) { return concat("scripts/setup.sh --", enum_name(packages)); }

/// A package that one of scripts/setup.sh's Pythons has: of that one which the config means, if it has it.
std::string setup_with(const std::string& package, GymPackages packages) {
  if (package == "robosuite") return setup_command(GymPackages::kRobosuite);
  const bool gymnasium = package == "gymnasium" || package == "gymnasium_robotics";
  if (!gymnasium && package != "mujoco" && package != "numpy") return "";
  return setup_command(gymnasium && packages == GymPackages::kRobosuite ? GymPackages::kGym : packages);
}

std::string missing_package(const std::string& python, const std::string& package, const std::string& message,
                            GymPackages packages) {
  const auto top = package.substr(0, package.find('.'));
  const auto command = setup_with(top, packages);
  auto name = top;
  std::replace(name.begin(), name.end(), '_', '-');
  if (top.empty()) return concat("env.python: ", python, " lacks a package: ", message);
  return concat("env.python: ", python, " has no package '", top, "'; ",
                command.empty() ? "to install it: " : concat(command, " makes a Python that has it; or: "), python,
                " -m pip install ", name);
}

}  // namespace

std::string find_python(const GymConfig& config) {
  namespace fs = std::filesystem;
  const auto runs = [](const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
  };
  const auto command = setup_command(config.packages);
  if (!config.python.empty()) {
    if (runs(config.python)) return config.python.string();
    throw ConfigError(concat("env.python: ", config.python.string(), " is not there or cannot be run; ", command,
                             " makes one, which is the default"));
  }
  // scripts/setup.sh makes them in ONRAMP_CACHE, which is set then and need not be set later.
  const char* cache = std::getenv("ONRAMP_CACHE");
  const char* home = std::getenv("HOME");
  std::vector<fs::path> caches{fs::path(home ? home : "/") / ".cache/onramp"};
  if (const fs::path of_build = ONRAMP_CACHE_OF_BUILD; !of_build.empty()) caches.insert(caches.begin(), of_build);
  if (cache != nullptr && *cache != '\0') caches = {cache};
  const auto python_in = [&](const fs::path& folder) { return folder / enum_name(config.packages) / "bin/python"; };
  for (const auto& folder : caches) {
    if (runs(python_in(folder))) return python_in(folder).string();
  }
  const auto made = python_in(caches.front());
  if (config.packages != GymPackages::kGym) {
    throw ConfigError(concat("env.packages: ", made.string(), " is not there; ", command, " makes it"));
  }
  if (const fs::path system = "/usr/bin/python3"; runs(system)) return system.string();
  throw ConfigError(concat("env.python: there is no Python at /usr/bin/python3 and none that ", command,
                           " made; call it, or name one"));
}

json to_hello(const GymConfig& config) {
  return {{"id", config.id},         {"file", config.file.string()},     {"imports", config.imports},
          {"render", config.render}, {"kwargs", json_of(config.kwargs)}, {"max_steps", config.max_steps}};
}

Bridge::Bridge(const GymConfig& config)
    : config_(config), python_(find_python(config)), label_(concat("environment '", config.id, "'")) {
  int ends[2];
  shared_ = FileDescriptor(memfd_create("onramp-gym", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!shared_.valid() || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw EnvironmentError(concat(label_, ": no link to Python can be made: ", std::strerror(errno)));
  }
  channel_.emplace(FileDescriptor(ends[0]));
  {
    const FileDescriptor its_end(ends[1]);
    process_.emplace(PythonStart{python_, kBridgeScript, its_end.get(), shared_.get(), config.show_output});
  }
  const auto hello = to_hello(config).dump();
  facts_ = parsed(ask(Ask::kHello, std::as_bytes(std::span(hello))));
  if (!facts_.is_object()) lost("start", {Heard::kGarbage, {}, "no description of the environment"}, 0);
}

Bridge::~Bridge() {
  channel_.reset();  // the environment is closed, and Python ends
  if (process_) process_->wait(kPatience_s);
  if (!memory_.empty()) munmap(memory_.data(), memory_.size());
}

void Bridge::share(const json& layout) {
  const auto size = layout.at("bytes").get<size_t>();
  // Sealed: were it cut by the other side, to read it here would be SIGBUS.
  if (ftruncate(shared_.get(), static_cast<off_t>(size)) != 0 ||
      fcntl(shared_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    throw EnvironmentError(
        concat(label_, ": no ", format_bytes(double(size)), " of memory to share: ", std::strerror(errno)));
  }
  void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, shared_.get(), 0);
  if (at == MAP_FAILED) throw EnvironmentError(concat(label_, ": memory to share: ", std::strerror(errno)));
  memory_ = {static_cast<std::byte*>(at), size};
  const auto text = layout.dump();
  ask(Ask::kLayout, std::as_bytes(std::span(text)), 0);
}

std::span<const std::byte> Bridge::ask(Ask kind, std::span<const std::byte> bytes, std::optional<size_t> size) {
  const bool starts = kind == Ask::kHello || kind == Ask::kLayout;
  const double timeout_s = starts ? config_.start_timeout_s : config_.step_timeout_s;
  Answer answer = channel_->ask(kind, bytes, timeout_s);
  if (answer.heard == Heard::kAnswer && size && *size != answer.bytes.size()) {
    answer = {Heard::kGarbage, {}, concat("an answer of ", answer.bytes.size(), " bytes, want ", *size)};
  }
  if (answer.heard == Heard::kAnswer) return answer.bytes;
  const char* doing = starts                 ? "its start"
                      : kind == Ask::kReset  ? "reset()"
                      : kind == Ask::kStep   ? "step()"
                      : kind == Ask::kRender ? "render()"
                                             : "a question about info";
  if (answer.heard == Heard::kRefusal) refused(doing, answer.bytes);
  lost(doing, answer, timeout_s);
}

void Bridge::refused(const std::string& doing, std::span<const std::byte> bytes) {
  const json facts = parsed(bytes);
  if (!facts.is_object()) lost(doing, {Heard::kGarbage, {}, "a refusal without a reason"}, 0);
  const auto kind = text_at(facts, "kind");
  // Names and messages are a stranger's.
  const auto said = [&](const char* key, size_t most = 600) { return printable(text_at(facts, key), most); };
  if (kind == "missing")
    throw ConfigError(missing_package(python_, said("package"), said("message"), config_.packages));
  if (kind == "no_module") {
    const auto lacks = said("lacks");
    if (!setup_with(lacks, config_.packages).empty())
      throw ConfigError(missing_package(python_, lacks, said("message"), config_.packages));
    const auto known = texts_at(facts, "known");
    throw ConfigError(
        one_line(concat("env.imports: ", python_, " has no module '", said("name"), "'",
                        known.empty() ? "; install what brings it, or name one that is there"
                                      : concat("; did you mean '", printable(known.front(), 100), "'?"))));
  }
  if (kind == "no_file") throw ConfigError(concat("env.file: no such Python file: ", said("path")));
  if (kind == "unknown_id") {
    const auto known = texts_at(facts, "known");
    const bool own = !config_.file.empty();
    throw ConfigError(one_line(concat(
        "env.id: ", own ? concat(config_.file.string(), " offers no '") : "Gymnasium knows no '", config_.id, "'",
        did_you_mean(config_.id, known),
        own                       ? concat(" (offers: ", join(known), ")")
        : config_.imports.empty() ? "; env.imports names the modules that register more, such as gymnasium_robotics"
                                  : concat(" (with ", join(config_.imports), " there are ", known.size(), ")"))));
  }
  if (kind == "no_environment") {
    throw ConfigError(concat("env.id: '", config_.id, "' makes a ", said("type"),
                             ", which has no observation_space and action_space"));
  }
  if (kind == "result") {
    throw EnvironmentError(concat(label_, ": ", said("of"), " must return ", said("want"), ", got ", said("got")));
  }
  if (kind == "observation") {
    const auto path = texts_at(facts, "path");
    throw EnvironmentError(concat(label_, ": ", doing, " gave an observation", path.empty() ? "" : " '",
                                  printable(join(path, "/")), path.empty() ? "" : "'", " of shape ",
                                  facts.value("shape", json()).dump(), " and type ", said("dtype"),
                                  ", which is not what observation_space says"));
  }
  // A message of several lines becomes one.
  std::istringstream words(text_at(facts, "message"));
  std::string message;
  for (std::string word; words >> word;) message += (message.empty() ? "" : " ") + word;
  throw EnvironmentError(
      one_line(concat(label_, ": ", doing, " failed in Python: ", said("type"), message.empty() ? "" : ": ",
                      printable(message, 600), traced(texts_at(facts, "trace")))));
}

void Bridge::lost(const std::string& doing, const Answer& answer, double timeout_s) {
  const bool hangs = answer.heard == Heard::kTooLate;
  if (hangs) process_->ask_where_it_hangs();
  if (answer.heard != Heard::kGarbage) process_->wait(kPatience_s);
  const auto how = process_->kill();
  auto told = told_at_last(process_->last_words(), hangs);
  told = told.empty() ? "" : ": " + printable(told, 400);
  process_.reset();
  channel_.reset();
  if (hangs) {
    throw EnvironmentError(concat(label_, ": Python hung in ", doing, " for ", timeout_s, " s (env.",
                                  doing == "its start" ? "start" : "step", "_timeout_s) and was ended", told));
  }
  if (answer.heard == Heard::kGarbage) {
    throw EnvironmentError(concat(label_, ": Python gave garbage for an answer to ", doing, " (", answer.what,
                                  ") and was ended; does the environment write to file descriptor 3?"));
  }
  throw EnvironmentError(concat(label_, ": Python died in ", doing, " (", how, ")", told));
}

}  // namespace onramp::gym
