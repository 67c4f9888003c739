// Parts that name themselves: `agent: {type: simplified_q, alpha: 1.0}`.
//
// A Registry is a plain value, name -> (config struct, factory), for one kind of product; each component adds its own in
// one visible function. A Component is what a config says about one: type and settings, checked, from which products
// are made.
//
//   Registry<Environment, const TaskContext&> environments("environment");
//   environments.add<ReachConfig>("reach", "a point mass that reaches a goal",
//                                 [](const ReachConfig& c, const TaskContext& t) { return std::make_unique<Reach>(c, t); });
//   struct RunConfig {
//     Component<Environment, const TaskContext&> env;
//     explicit RunConfig(const Catalog& catalog) : env(catalog.environments) {}
//     template <class V> void fields(V& v) { v("env", env, "where to act", required()); }
//   };
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include "onramp/base/config.h"

namespace onramp {

/// For components without settings.
struct NoConfig {
  template <class V>
  void fields(V&) {}
};

template <class Product, class... Context>
class Component;

/// Name -> (config struct, factory) for one kind of product. Copies share the entries.
template <class Product, class... Context>
class Registry {
 public:
  /// @param kind  what a product is called in messages: "agent"
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  /// @param factory  (const Config&, Context...) -> std::unique_ptr<Product> (or of a child)
  template <class Config, class Factory>
  void add(std::string name, std::string summary, Factory factory) {
    ONRAMP_CHECK(!has(name), kind_, " '", name, "' is registered twice");
    entries_[std::move(name)] = std::make_shared<TypedEntry<Config, Factory>>(std::move(summary), std::move(factory));
  }

  const std::string& kind() const { return kind_; }
  bool has(const std::string& name) const { return entries_.contains(name); }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries_) names.push_back(name);
    return names;
  }
  const std::string& summary(const std::string& name) const { return entry(name).summary; }
  std::string help_config(const std::string& name) const {
    HelpRows rows;
    entry(name).help(rows, 0);
    return detail::render_help(rows);
  }

  /// @throws ConfigError for a node without `type`, an unknown type, or settings that do not fit
  Component<Product, Context...> parse(const ConfigNode& node) const;

 private:
  friend class Component<Product, Context...>;

  struct Entry {
    explicit Entry(std::string text) : summary(std::move(text)) {}
    virtual ~Entry() = default;
    virtual std::shared_ptr<const void> read(const ConfigNode& node) const = 0;
    virtual ConfigNode dump(const void* config) const = 0;
    virtual void help(HelpRows& rows, int depth) const = 0;
    virtual std::unique_ptr<Product> make(const void* config, Context... context) const = 0;
    virtual const std::type_info& config_type() const = 0;
    std::string summary;
  };

  template <class Config, class Factory>
  struct TypedEntry final : Entry {
    TypedEntry(std::string text, Factory f) : Entry(std::move(text)), factory(std::move(f)) {}
    std::shared_ptr<const void> read(const ConfigNode& node) const override {
      return std::make_shared<const Config>(read_config<Config>(node));
    }
    ConfigNode dump(const void* config) const override { return dump_config(*static_cast<const Config*>(config)); }
    void help(HelpRows& rows, int depth) const override {
      Config config{};
      detail::help_rows(config, rows, depth);
    }
    std::unique_ptr<Product> make(const void* config, Context... context) const override {
      return factory(*static_cast<const Config*>(config), std::forward<Context>(context)...);
    }
    const std::type_info& config_type() const override { return typeid(Config); }
    Factory factory;
  };

  const Entry& entry(const std::string& name) const {
    const auto found = entries_.find(name);
    ONRAMP_CHECK(found != entries_.end(), "no ", kind_, " '", name, "'");
    return *found->second;
  }

  std::string kind_;
  std::map<std::string, std::shared_ptr<const Entry>> entries_;
};

namespace detail {
/// The node's `type`, which must be one of `names`.
std::string read_type(const ConfigNode& node, const std::string& kind, const std::vector<std::string>& names);
}  // namespace detail

/// A value: copies share the (immutable) settings. Empty until read; a field of a config struct.
template <class Product, class... Context>
class Component {
 public:
  explicit Component(Registry<Product, Context...> registry) : registry_(std::move(registry)) {}

  explicit operator bool() const { return config_ != nullptr; }
  const std::string& type() const { return type_; }
  std::unique_ptr<Product> make(Context... context) const {
    ONRAMP_CHECK(config_, "the config names no ", registry_.kind());
    return registry_.entry(type_).make(config_.get(), std::forward<Context>(context)...);
  }
  /// The settings, when they are of this struct; else null.
  template <class Config>
  const Config* config() const {
    const bool fits = config_ && registry_.entry(type_).config_type() == typeid(Config);
    return fits ? static_cast<const Config*>(config_.get()) : nullptr;
  }

  /// `null` makes it empty.
  void read(const ConfigNode& node) {
    config_.reset();
    type_.clear();
    if (node.is_null()) return;
    auto type = detail::read_type(node, registry_.kind(), registry_.names());
    config_ = registry_.entry(type).read(node.without("type"));
    type_ = std::move(type);
  }
  /// With `type` and all defaults; null when empty.
  ConfigNode dump() const {
    if (!config_) return {};
    std::vector<ConfigNode::Item> items{{"type", {}, detail::text_node(type_)}};
    for (auto& item : registry_.entry(type_).dump(config_.get()).items()) items.push_back(std::move(item));
    return ConfigNode::map(std::move(items));
  }
  std::string type_name() const { return registry_.kind() + ", type " + join(registry_.names(), " | "); }
  void help(HelpRows& rows, int depth) const {
    for (const auto& name : registry_.names()) {
      rows.push_back({depth, "type: " + name, registry_.summary(name)});
      registry_.entry(name).help(rows, depth);  // beside `type`, as in a file; the next `type` begins an alternative
    }
  }

 private:
  Registry<Product, Context...> registry_;  // a copy: entries are shared
  std::string type_;
  std::shared_ptr<const void> config_;
};

/// `phases: [{type: learn, ...}, {type: evaluate, ...}]`.
template <class Product, class... Context>
class ComponentList {
 public:
  explicit ComponentList(Registry<Product, Context...> registry) : registry_(std::move(registry)) {}

  std::size_t size() const { return parts_.size(); }
  bool empty() const { return parts_.empty(); }
  const Component<Product, Context...>& operator[](std::size_t i) const { return parts_[i]; }
  auto begin() const { return parts_.begin(); }
  auto end() const { return parts_.end(); }

  void read(const ConfigNode& node) {
    detail::check_list(node, registry_.kind(), {});
    std::vector<Component<Product, Context...>> parts;
    for (const auto& element : node.elements()) parts.push_back(registry_.parse(element));
    parts_ = std::move(parts);
  }
  ConfigNode dump() const {
    std::vector<ConfigNode> elements;
    for (const auto& part : parts_) elements.push_back(part.dump());
    return ConfigNode::list(std::move(elements));
  }
  std::string type_name() const { return "list of " + Component<Product, Context...>(registry_).type_name(); }
  void help(HelpRows& rows, int depth) const {
    const auto first = rows.size();
    Component<Product, Context...>(registry_).help(rows, depth + 1);
    for (auto i = first; i < rows.size(); ++i) {
      if (rows[i].depth > depth + 1 || !rows[i].text.starts_with("type: ")) continue;
      rows[i].depth = depth;
      rows[i].text = "- " + rows[i].text;
    }
  }

 private:
  Registry<Product, Context...> registry_;
  std::vector<Component<Product, Context...>> parts_;
};

/// `learners: {critic: {type: ...}, actor: {type: ...}}`, in the order of the names.
template <class Product, class... Context>
class ComponentMap {
 public:
  explicit ComponentMap(Registry<Product, Context...> registry) : registry_(std::move(registry)) {}

  std::size_t size() const { return parts_.size(); }
  bool contains(const std::string& name) const { return parts_.contains(name); }
  const Component<Product, Context...>& at(const std::string& name) const { return parts_.at(name); }
  auto begin() const { return parts_.begin(); }  // pairs of name and component
  auto end() const { return parts_.end(); }

  void read(const ConfigNode& node) {
    detail::check_map(node, {});
    std::map<std::string, Component<Product, Context...>> parts;
    for (const auto& item : node.items()) parts.emplace(item.key, registry_.parse(item.value));
    parts_ = std::move(parts);
  }
  ConfigNode dump() const {
    std::vector<ConfigNode::Item> items;
    for (const auto& [name, part] : parts_) items.push_back({name, {}, part.dump()});
    return ConfigNode::map(std::move(items));
  }
  std::string type_name() const { return "names, each with " + Component<Product, Context...>(registry_).type_name(); }
  void help(HelpRows& rows, int depth) const {
    rows.push_back({depth, "<name>:", ""});
    Component<Product, Context...>(registry_).help(rows, depth + 1);
  }

 private:
  Registry<Product, Context...> registry_;
  std::map<std::string, Component<Product, Context...>> parts_;
};

template <class Product, class... Context>
Component<Product, Context...> Registry<Product, Context...>::parse(const ConfigNode& node) const {
  Component<Product, Context...> component(*this);
  if (node.is_null()) node.fail(concat("want ", with_article(kind_), ": keys and values with a 'type', got nothing"));
  component.read(node);
  return component;
}

}  // namespace onramp
