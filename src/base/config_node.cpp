#include "onramp/base/config_node.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "onramp/base/error.h"
#include "onramp/base/hash.h"
#include "onramp/base/printable.h"

namespace onramp {
namespace {

struct ScalarData {
  std::string text;
  bool quoted;
};
using ListData = std::vector<ConfigNode>;

std::string child_path(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : concat(path, ".", key);
}

}  // namespace

struct ConfigNode::Data {
  Origin origin;
  std::variant<std::monostate, ScalarData, ListData, std::vector<Item>> value;
};

std::string Origin::str() const { return line > 0 ? concat(source, ":", line, ":", column) : source; }

ConfigNode::ConfigNode() : ConfigNode(std::make_shared<const Data>(), "") {}
ConfigNode::ConfigNode(std::shared_ptr<const Data> data, std::string path)
    : data_(std::move(data)), path_(std::move(path)) {}

ConfigNode ConfigNode::scalar(std::string text, bool quoted, Origin origin) {
  return {std::make_shared<const Data>(Data{std::move(origin), ScalarData{std::move(text), quoted}}), ""};
}
ConfigNode ConfigNode::list(std::vector<ConfigNode> elements, Origin origin) {
  return {std::make_shared<const Data>(Data{std::move(origin), std::move(elements)}), ""};
}
ConfigNode ConfigNode::map(std::vector<Item> items, Origin origin) {
  return {std::make_shared<const Data>(Data{std::move(origin), std::move(items)}), ""};
}
ConfigNode ConfigNode::null(Origin origin) { return {std::make_shared<const Data>(Data{std::move(origin), {}}), ""}; }

bool ConfigNode::is_null() const { return std::holds_alternative<std::monostate>(data_->value); }
bool ConfigNode::is_scalar() const { return std::holds_alternative<ScalarData>(data_->value); }
bool ConfigNode::is_list() const { return std::holds_alternative<ListData>(data_->value); }
bool ConfigNode::is_map() const { return std::holds_alternative<std::vector<Item>>(data_->value); }

const Origin& ConfigNode::origin() const { return data_->origin; }

const std::string& ConfigNode::text() const {
  if (!is_scalar()) fail("want a single value, got " + describe());
  return std::get<ScalarData>(data_->value).text;
}

bool ConfigNode::quoted() const { return is_scalar() && std::get<ScalarData>(data_->value).quoted; }

std::size_t ConfigNode::size() const {
  if (is_list()) return std::get<ListData>(data_->value).size();
  if (is_map()) return std::get<std::vector<Item>>(data_->value).size();
  return 0;
}

bool ConfigNode::has(std::string_view key) const {
  if (!is_map()) return false;
  const auto& items = std::get<std::vector<Item>>(data_->value);
  return std::any_of(items.begin(), items.end(), [&](const Item& item) { return item.key == key; });
}

ConfigNode ConfigNode::get(std::string_view key) const {
  if (is_map())
    for (const auto& item : std::get<std::vector<Item>>(data_->value))
      if (item.key == key) return {item.value.data_, child_path(path_, key)};
  auto nothing = null(origin());
  nothing.path_ = child_path(path_, key);
  return nothing;
}

ConfigNode ConfigNode::at(std::string_view key) const {
  if (!is_map()) fail(concat("want keys and values (with '", key, "'), got ", describe()));
  if (!has(key)) {
    std::vector<std::string> known;
    for (const auto& item : items()) known.push_back(item.key);
    fail(concat("want a key '", key, "'", did_you_mean(key, known)));
  }
  return get(key);
}

ConfigNode ConfigNode::element(std::size_t index) const {
  if (!is_list()) fail("want a list, got " + describe());
  if (index >= size()) fail(concat("want a list of more than ", index, " elements, got ", size()));
  return {std::get<ListData>(data_->value)[index].data_, concat(path_, "[", index, "]")};
}

std::vector<ConfigNode> ConfigNode::elements() const {
  std::vector<ConfigNode> out;
  for (std::size_t i = 0; is_list() && i < size(); ++i) out.push_back(element(i));
  return out;
}

std::vector<ConfigNode::Item> ConfigNode::items() const {
  if (!is_map()) return {};
  auto out = std::get<std::vector<Item>>(data_->value);
  for (auto& item : out) item.value.path_ = child_path(path_, item.key);
  return out;
}

ConfigNode ConfigNode::with(std::string_view key, const ConfigNode& value) const {
  auto all = items();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Item& item) { return item.key == key; });
  if (found != all.end())
    found->value = value;
  else
    all.push_back({std::string(key), value.origin(), value});
  return {map(std::move(all), origin()).data_, path_};
}

ConfigNode ConfigNode::without(std::string_view key) const {
  auto all = items();
  std::erase_if(all, [&](const Item& item) { return item.key == key; });
  return {map(std::move(all), origin()).data_, path_};
}

std::string ConfigNode::describe() const {
  if (is_null()) return "nothing";
  if (is_list()) return "a list";
  if (is_map()) return "keys and values";
  constexpr std::size_t kLongest = 200;  // a message is one line of a terminal or two
  const auto& value = text();
  return value.size() <= kLongest ? concat("'", value, "'") : concat("'", value.substr(0, kLongest), "...'");
}

void ConfigNode::fail(const std::string& message) const {
  const auto where = origin().str();
  throw ConfigError(one_line(concat(where, where.empty() ? "" : ": ", path_, path_.empty() ? "" : ": ", message)));
}

std::optional<std::string> config_difference(const ConfigNode& a, const ConfigNode& b, const std::string& of_a,
                                             const std::string& of_b) {
  const auto differ = [&](const std::string& path, const std::string& here, const std::string& there) {
    return concat(path, path.empty() ? "" : ": ", here, of_a.empty() ? "" : " ", of_a, " against ", there,
                  of_b.empty() ? "" : " ", of_b);
  };
  if (a.is_map() && b.is_map()) {
    for (const auto& item : a.items()) {
      if (!b.has(item.key)) return differ(item.value.path(), item.value.describe(), "not there");
      if (auto difference = config_difference(item.value, b.at(item.key), of_a, of_b)) return difference;
    }
    for (const auto& item : b.items())
      if (!a.has(item.key)) return differ(item.value.path(), "not there", item.value.describe());
  } else if (a.is_list() && b.is_list()) {
    if (a.size() != b.size()) return differ(a.path(), concat("a list of ", a.size()), concat("a list of ", b.size()));
    for (std::size_t i = 0; i < a.size(); ++i)
      if (auto difference = config_difference(a.element(i), b.element(i), of_a, of_b)) return difference;
  } else if (!(a.is_null() && b.is_null()) && !(a.is_scalar() && b.is_scalar() && a.text() == b.text())) {
    return differ(a.path(), a.describe(), b.describe());
  }
  return std::nullopt;
}

std::string config_hash(const ConfigNode& node) { return sha256_hex(to_yaml(node)); }

}  // namespace onramp
