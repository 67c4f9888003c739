#include "torchscript_interface.h"

#include <c10/util/Exception.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "onramp/base/error.h"
#include "onramp/base/printable.h"
#include "onramp/policies/spec_json.h"

namespace onramp::detail {
namespace {

using nlohmann::json;

/// A method of the interface, its types as Python writes them.
struct ScriptMethod {
  const char *name, *usage;  // as a person would declare it
  std::vector<std::string> arguments;
  const char* result;
  bool required = true;
};

const std::array<ScriptMethod, 4>& interface_methods() {
  static const std::array<ScriptMethod, 4> methods{
      {{"spec", "spec() -> str", {}, "str"},
       {"initial_state", "initial_state(B: int) -> Tensor", {"int"}, "Tensor"},
       {"act",
        "act(obs: Dict[str, Tensor], state: Tensor, noise: Tensor) -> Tuple[Tensor, Tensor]",
        {"Dict[str, Tensor]", "Tensor", "Tensor"},
        "Tuple[Tensor, Tensor]"},
       {"log_prob_entropy",
        "log_prob_entropy(obs: Dict[str, Tensor], action: Tensor, state: Tensor) -> Tuple[Tensor, Tensor, Tensor]",
        {"Dict[str, Tensor]", "Tensor", "Tensor"},
        "Tuple[Tensor, Tensor, Tensor]",
        /*required=*/false}}};
  return methods;
}

/// "(Tensor) -> Tensor".
std::string signature(const c10::FunctionSchema& schema) {
  std::vector<std::string> arguments;
  for (size_t i = 1; i < schema.arguments().size(); ++i) {  // the first is self
    arguments.push_back(schema.arguments()[i].type()->annotation_str());
  }
  return concat("(", join(arguments), ") -> ", schema.returns().at(0).type()->annotation_str());
}

std::string wanted_signature(const ScriptMethod& method) {
  return concat("(", join(method.arguments), ") -> ", method.result);
}

/// The value under a key, of that kind. @param kind for messages: "a number"
template <class T>
T spec_value(const json& object, const std::string& where, const char* key, const char* kind) {
  const auto found = object.find(key);
  if (found == object.end()) throw ConfigError(concat("spec() does not say ", where, key, ", ", kind));
  try {
    return found->get<T>();
  } catch (const json::exception&) {
    throw ConfigError(concat("spec(): ", where, key, ": want ", kind, ", got ", printable(found->dump())));
  }
}

int64_t spec_size(const json& object, const std::string& where, const char* key, int64_t least) {
  const auto found = object.find(key);
  const auto kind = concat("an integer of at least ", least);
  if (found != object.end() && !found->is_number_integer()) {
    throw ConfigError(concat("spec(): ", where, key, ": want ", kind, ", got ", printable(found->dump())));
  }
  const auto size = spec_value<int64_t>(object, where, key, kind.c_str());
  if (size < least) throw ConfigError(concat("spec(): ", where, key, ": want ", kind, ", got ", size));
  return size;
}

const json& spec_object(const json& spec, const char* key, const char* usage) {
  const auto found = spec.find(key);
  if (found == spec.end() || !found->is_object())
    throw ConfigError(concat("spec() does not say ", key, ", want ", usage));
  return *found;
}

EntrySpec parse_entry(const json& entry, size_t index) {
  const auto where = concat("observation[", index, "].");
  if (!entry.is_object()) throw ConfigError(concat("spec(): observation[", index, "]: want name, dtype and shape"));
  EntrySpec result{.name = spec_value<std::string>(entry, where, "name", "text")};
  const auto dtype = spec_value<std::string>(entry, where, "dtype", "text");
  result.shape = spec_value<std::vector<int64_t>>(entry, where, "shape", "a list of sizes without that of the batch");
  const bool sized = std::all_of(result.shape.begin(), result.shape.end(), [](auto size) { return size > 0; });
  const bool vector = dtype == "float32" && result.shape.size() == 1;
  const bool picture = dtype == "uint8" && result.shape.size() == 3;
  if (!sized || !(vector || picture)) {
    throw ConfigError(concat("spec(): '", printable(result.name), "': want float32 [D] or uint8 [H, W, C], got ",
                             printable(dtype), " ", printable(entry.at("shape").dump())));
  }
  if (picture) result.dtype = DType::kUint8, result.low = 0, result.high = 255;
  if (entry.contains("fields"))
    result.fields = spec_value<std::vector<std::string>>(entry, where, "fields", "a list of names");
  return result;
}

}  // namespace

torch::jit::Module load_script(const std::string& bytes, at::Device device) {
  try {
    std::istringstream in(bytes);
    auto script = torch::jit::load(in, device);
    script.eval();
    return script;
  } catch (const std::exception& error) {
    throw ConfigError(concat("is no TorchScript (", script_error(error),
                             "); what torch.save writes is none, torch.jit.save writes it"));
  }
}

void check_methods(const torch::jit::Module& script) {
  std::vector<std::string> missing;
  for (const auto& method : interface_methods()) {
    const auto found = script.find_method(method.name);
    if (!found && method.required) missing.emplace_back(method.usage);
    if (!found) continue;
    const auto& schema = found->function().getSchema();
    if (signature(schema) == wanted_signature(method)) continue;
    throw ConfigError(concat("its ", method.name, " is ", signature(schema), ", want ", method.usage));
  }
  if (!missing.empty()) throw ConfigError(concat("is no policy: it offers no ", join(missing, ", no ")));
}

ScriptSpec parse_script_spec(const std::string& text) {
  const auto spec = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!spec.is_object()) {
    throw ConfigError(
        concat("spec() gives ", spec.is_discarded() ? "no JSON" : "no JSON object", ": ", printable(text)));
  }
  ScriptSpec result;
  const auto observation = spec.find("observation");
  if (observation == spec.end() || !observation->is_array() || observation->empty()) {
    throw ConfigError(R"(spec() does not say observation, want [{"name": ..., "dtype": ..., "shape": [...]}, ...])");
  }
  for (size_t i = 0; i < observation->size(); ++i) {
    auto entry = parse_entry((*observation)[i], i);
    if (result.observation.find(entry.name))
      throw ConfigError(concat("spec(): two entries are called '", printable(entry.name), "'"));
    result.observation.entries.push_back(std::move(entry));
  }
  const auto& action = spec_object(spec, "action", R"({"dim": ...})");
  result.action.dim = spec_size(action, "action.", "dim", 1);
  if (action.contains("fields"))
    result.action.fields = spec_value<std::vector<std::string>>(action, "action.", "fields", "a list of names");
  result.noise_dim = spec_size(spec_object(spec, "noise", R"({"dim": ...})"), "noise.", "dim", 0);
  if (spec.contains("density")) result.density = spec_value<std::string>(spec, "", "density", "text");
  return result;
}

std::string script_error(const std::exception& error) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&error);
  const std::string text = of_torch ? of_torch->what_without_backtrace() : error.what();
  std::istringstream lines(text);
  std::string first, last;
  for (std::string line; std::getline(lines, line);) {
    if (line.find_first_not_of(" \t\r~^.") == std::string::npos) continue;
    line.erase(0, line.find_first_not_of(" \t"));
    if (first.empty()) first = line;
    last = line;
  }
  // The interpreter says where first, and what happened last.
  return printable(text.find("TorchScript interpreter") == std::string::npos ? first : last, 300);
}

}  // namespace onramp::detail
