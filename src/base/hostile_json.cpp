#include "onramp/base/hostile_json.h"

#include "onramp/base/error.h"

namespace onramp {

nlohmann::json parse_hostile_json(std::string_view text, const std::filesystem::path& path) {
  constexpr int kMaxDepth = 32;  // "[[[[..." would take a hundred times its own size in memory
  const auto damaged = [&](const std::string& what) {
    return CheckpointError(path.string() + " is damaged (" + what +
                           "); remove its folder to go on from the one before");
  };
  const auto watch_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > kMaxDepth) throw damaged("its JSON is nested deeper than " + std::to_string(kMaxDepth));
    return true;
  };
  try {
    auto value = nlohmann::json::parse(text, watch_depth);
    if (!value.is_object()) throw damaged("its JSON is not an object");
    return value;
  } catch (const nlohmann::json::exception& error) {
    // Only the position: the library's text quotes what it read, which may be binary.
    const auto* parse_error = dynamic_cast<const nlohmann::json::parse_error*>(&error);
    throw damaged("no JSON" + (parse_error ? " at byte " + std::to_string(parse_error->byte) : std::string()));
  }
}

}  // namespace onramp
