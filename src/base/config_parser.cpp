#include "config_parser.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "onramp/base/error.h"
#include "onramp/base/printable.h"

namespace onramp::detail {
namespace {

// Aliases (*name) share nodes, so a few lines could stand for billions of values.
constexpr std::size_t kMostValues = 100'000;

// Builds from the parser's events and not from YAML::Node, which forgets the place of merged keys and lets a key be
// given twice.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(const Origin& source) : source_(source) {}

  const ConfigNode& root() const { return root_; }

  Origin origin_at(const YAML::Mark& mark) const {
    auto origin = source_;
    if (source_.line > 0 && !mark.is_null()) origin.line = mark.line + 1, origin.column = mark.column + 1;
    return origin;
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(ConfigNode::null(value_origin(mark)), anchor, {.values = 1});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail(origin_at(mark), "an alias (*) that stands inside what it repeats");
    check_depth(origin_at(mark), found->second.second.height);
    add(found->second.first, 0, found->second.second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag, "tag:yaml.org,2002:str");
    add(ConfigNode::scalar(value, tag != "?" && !tag.empty(), origin_at(mark)), anchor, {.values = 1});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag, "tag:yaml.org,2002:seq");
    check_depth(origin_at(mark), 1);
    frames_.push_back({.is_map = false, .origin = value_origin(mark), .anchor = anchor, .values_before = values_});
  }
  void OnSequenceEnd() override {
    auto frame = pop();
    add(ConfigNode::list(std::move(frame.elements), frame.origin), frame.anchor, size_of(frame), false);
  }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag, "tag:yaml.org,2002:map");
    check_depth(origin_at(mark), 1);
    frames_.push_back({.is_map = true, .origin = value_origin(mark), .anchor = anchor, .values_before = values_});
  }
  void OnMapEnd() override {
    auto frame = pop();
    add(ConfigNode::map(std::move(frame.items), frame.origin), frame.anchor, size_of(frame), false);
  }

 private:
  struct Key {
    std::string name;
    Origin origin;
  };
  struct Size {
    std::size_t values = 0;
    std::size_t height = 0;  // levels of lists and maps
  };
  struct Frame {  // a list or map that is not at its end yet
    bool is_map;
    Origin origin;
    YAML::anchor_t anchor;
    std::size_t values_before;
    std::size_t height = 1;
    std::vector<ConfigNode> elements{};
    std::vector<ConfigNode::Item> items{};
    std::optional<Key> key{};
  };

  [[noreturn]] void fail(const Origin& origin, const std::string& message) const {
    std::string path;
    for (const auto& frame : frames_) {
      if (frame.key)
        path += (path.empty() ? "" : ".") + frame.key->name;
      else if (!frame.is_map)
        path += concat("[", frame.elements.size(), "]");
    }
    throw ConfigError(one_line(concat(origin.str(), ": ", path, path.empty() ? "" : ": ", message)));
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag, std::string_view allowed) const {
    if (!tag.empty() && tag != "?" && tag != "!" && tag != allowed)
      fail(origin_at(mark), concat("the tag '", tag, "' means nothing here; leave it out"));
  }

  // Of lists and maps in each other, where one of that height goes here.
  void check_depth(const Origin& origin, std::size_t height) const {
    if (frames_.size() + height > kDeepest) fail(origin, concat("more than ", kDeepest, " levels deep"));
  }

  // A list, a map or nothing is best found by the key in front of it.
  Origin value_origin(const YAML::Mark& mark) const {
    const bool has_key = !frames_.empty() && frames_.back().key;
    return has_key ? frames_.back().key->origin : origin_at(mark);
  }

  Frame pop() {
    auto frame = std::move(frames_.back());
    frames_.pop_back();
    return frame;
  }

  Size size_of(const Frame& frame) const { return {values_ - frame.values_before, frame.height}; }

  void add(const ConfigNode& node, YAML::anchor_t anchor, Size size, bool count = true) {
    if (count) values_ += size.values;
    if (values_ > kMostValues) fail(node.origin(), concat("aliases (*) make this more than ", kMostValues, " values"));
    if (anchor != 0) anchors_[anchor] = {node, size};
    if (frames_.empty()) {
      root_ = node;
      return;
    }
    auto& frame = frames_.back();
    frame.height = std::max(frame.height, size.height + 1);
    if (!frame.is_map) {
      frame.elements.push_back(node);
    } else if (!frame.key) {
      add_key(frame, node);
    } else {
      frame.items.push_back({frame.key->name, frame.key->origin, node});
      frame.key.reset();
    }
  }

  void add_key(Frame& frame, const ConfigNode& node) const {
    if (!node.is_scalar()) fail(node.origin(), concat("want a word as key, got ", node.describe()));
    if (node.text().size() > kLongestKey)
      fail(node.origin(), concat("a key of ", node.text().size(), " characters; want at most ", kLongestKey));
    if (node.text() == "<<") fail(node.origin(), "'<<' is not supported; inherit from a file with 'base: other.yaml'");
    for (const auto& item : frame.items)
      if (item.key == node.text()) {
        frame.key = Key{item.key, node.origin()};
        fail(node.origin(), concat("given twice; first at ", item.key_origin.str()));
      }
    frame.key = Key{node.text(), node.origin()};
  }

  const Origin& source_;
  ConfigNode root_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, std::pair<ConfigNode, Size>> anchors_;
  std::size_t values_ = 0;
};

/// Where the first tab stands that indents something, down to a line; nothing when there is none.
std::optional<YAML::Mark> indenting_tab(std::string_view text, int last_line) {
  int line = 0;
  for (std::size_t begin = 0; begin < text.size() && line <= last_line; ++line) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto content = std::min(text.find_first_not_of(" \t\r", begin), end);
    const auto tab = std::min(text.find('\t', begin), end);
    if (tab < content && content < end && text[content] != '#') {
      YAML::Mark mark;
      mark.pos = static_cast<int>(tab), mark.line = line, mark.column = static_cast<int>(tab - begin);
      return mark;
    }
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace

ConfigNode parse_yaml(std::string_view text, const Origin& source) {
  if (text.find('\0') != std::string_view::npos)
    throw ConfigError(one_line(source.source + ": not YAML: holds binary data"));
  std::istringstream stream{std::string(text)};
  Builder builder(source);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return ConfigNode::null(source);
    Builder second(source);
    if (parser.HandleNextDocument(second))
      throw ConfigError(one_line(source.source + ": holds more than one YAML document ('---'); want one"));
  } catch (const YAML::Exception& error) {
    if (const auto tab = indenting_tab(text, error.mark.line)) {
      throw ConfigError(
          one_line(concat(builder.origin_at(*tab).str(), ": a tab in the indentation; YAML wants spaces")));
    }
    throw ConfigError(one_line(concat(builder.origin_at(error.mark).str(), ": not valid YAML: ", error.msg)));
  }
  return builder.root();
}

}  // namespace onramp::detail
