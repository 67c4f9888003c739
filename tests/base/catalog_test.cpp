#include "onramp/base/catalog.h"

#include "config_fixture.h"

namespace onramp::config_test {
namespace {

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};
struct Square final : Shape {
  explicit Square(double a) : area_(a) {}
  double area() const override { return area_; }
  double area_;
};
struct BoxConfig {
  double side = 1.0;
  template <class V>
  void fields(V& v) {
    v("side", side, "length of a side (m)", greater_than(0.0));
  }
};

using Shapes = Registry<Shape, double>;

Shapes shapes() {
  Shapes registry("shape");
  registry.add<BoxConfig>("box", "four equal sides", [](const BoxConfig& c, double scale) {
    return std::make_unique<Square>(scale * c.side * c.side);
  });
  registry.add<NoConfig>("dot", "nothing", [](const NoConfig&, double) { return std::make_unique<Square>(0.0); });
  return registry;
}

struct Scene {
  Component<Shape, double> floor{shapes()};
  ComponentList<Shape, double> items{shapes()};
  ComponentMap<Shape, double> named{shapes()};
  template <class V>
  void fields(V& v) {
    v("floor", floor, "what all stands on", required());
    v("items", items, "what stands there");
    v("named", named, "what has a name");
  }
};

Scene read_scene(const std::string& text) { return read_config<Scene>(parse_config_text(text, "s.yaml")); }

TEST(Catalog, MakesTheProductThatTheConfigNames) {
  const auto scene = read_scene("floor: {type: box, side: 3}\nitems: [{type: dot}, {type: box}]\n");
  EXPECT_EQ(scene.floor.type(), "box");
  EXPECT_EQ(scene.floor.make(2.0)->area(), 18.0);
  EXPECT_EQ(scene.floor.config<BoxConfig>()->side, 3.0);
  EXPECT_EQ(scene.floor.config<NoConfig>(), nullptr);
  ASSERT_EQ(scene.items.size(), 2u);
  EXPECT_EQ(scene.items[1].make(1.0)->area(), 1.0);
}

TEST(Catalog, DumpsTypeAndDefaultsAndReadsThemBack) {
  const auto text =
      to_yaml(dump_config(read_scene("floor: {type: box}\nitems: [{type: dot}]\nnamed: {b: {type: box, side: 2}}\n")));
  EXPECT_EQ(text,
            "floor:\n  type: box\n  side: 1.0\nitems:\n  - type: dot\nnamed:\n  b:\n    type: box\n    side: 2.0\n");
  EXPECT_EQ(to_yaml(dump_config(read_scene(text))), text);
}

TEST(Catalog, NamesMistakesWithTheirPlace) {
  const auto scene_error = [](const std::string& text) { return message_of([&] { read_scene(text); }); };
  EXPECT_EQ(scene_error("floor: {type: bix}"),
            "s.yaml:1:15: floor.type: want one of box, dot, got 'bix'; did you mean 'box'?");
  EXPECT_EQ(scene_error("floor: {typ: box}"),
            "s.yaml:1:1: floor: want a key 'type' that names a shape (box, dot); is 'typ' meant to be it?");
  EXPECT_EQ(scene_error("floor: box"),
            "s.yaml:1:8: floor: want a shape: keys and values with a 'type' (box, dot), got 'box'");
  EXPECT_EQ(scene_error("floor: {type: box, sid: 1}"),
            "s.yaml:1:20: floor.sid: unknown key; did you mean 'side'? (known: side)");
  EXPECT_EQ(scene_error("floor: {type: dot, side: 1}"), "s.yaml:1:20: floor.side: unknown key (known: none)");
  EXPECT_EQ(scene_error("floor: {type: dot}\nitems:\n  - type: dot\n  - type: box\n    side: 0\n"),
            "s.yaml:5:11: items[1].side: want > 0, got 0");
  EXPECT_EQ(scene_error("items: []"), "s.yaml:1:1: floor: required, but not given");
  EXPECT_EQ(message_of([] { shapes().parse(ConfigNode()); }),
            "want a shape: keys and values with a 'type', got nothing");
  EXPECT_EQ(
      scene_error("floor: none"),
      "s.yaml:1:8: floor: want a shape: keys and values with a 'type' (box, dot), got 'none'; write null for none");
  EXPECT_EQ(message_of([] { Registry<Shape>("environment").parse(ConfigNode()); }),
            "want an environment: keys and values with a 'type', got nothing");
}

TEST(Catalog, HelpListsEachTypeWithItsKeys) {
  EXPECT_EQ(help_config<Scene>(),
            "floor:         # shape, type box | dot, required: what all stands on\n"
            "  type: box    # four equal sides\n"
            "  side: 1.0    # number, > 0: length of a side (m)\n"
            "  type: dot    # nothing\n"
            "items:         # list of shape, type box | dot: what stands there\n"
            "  - type: box  # four equal sides\n"
            "    side: 1.0  # number, > 0: length of a side (m)\n"
            "  - type: dot  # nothing\n"
            "named:         # names, each with shape, type box | dot: what has a name\n"
            "  <name>:\n"
            "    type: box  # four equal sides\n"
            "    side: 1.0  # number, > 0: length of a side (m)\n"
            "    type: dot  # nothing\n");
  EXPECT_EQ(shapes().help_config("box"), "side: 1.0  # number, > 0: length of a side (m)\n");
  EXPECT_EQ(shapes().summary("dot"), "nothing");
  EXPECT_THAT(shapes().names(), testing::ElementsAre("box", "dot"));
}

TEST(Catalog, AProgrammersMistakesAreLogicErrors) {
  auto registry = shapes();
  const auto twice = [&] {
    registry.add<NoConfig>("dot", "", [](const NoConfig&, double) { return std::unique_ptr<Shape>(); });
  };
  EXPECT_THROW(twice(), std::logic_error);
  EXPECT_THROW((Component<Shape, double>{shapes()}.make(1.0)), std::logic_error);
}

}  // namespace
}  // namespace onramp::config_test
