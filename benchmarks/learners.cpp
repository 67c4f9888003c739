// Updates of the learners, built from YAML through the catalog as a run builds them.
#include <ATen/Parallel.h>

#include "benchmarks/flops.h"
#include "benchmarks/made_up_data.h"
#include "benchmarks/rows.h"
#include "onramp/base/config.h"

namespace onramp::bench {
namespace {

enum class Seen { kPictures, kState };

ConfigNode yaml(const std::string& text) { return parse_config_text(text, "benchmark"); }

ConfigNode quickstart(const std::string& learner) {
  return load_config(ONRAMP_SOURCE_DIR "/configs/quickstart.yaml").at("learners").at(learner);
}

/// `settings` with input.images: end_to_end and an encoder of this type.
ConfigNode end_to_end(const ConfigNode& settings, const std::string& encoder) {
  return settings.with("input", yaml("{images: end_to_end, encoder: {type: " + encoder + "}}"));
}

}  // namespace

void add_learner_rows(const Catalog& catalog) {
  // One thread where the config says so: networks that small lose more by waiting than a second thread gives.
  const auto add = [&](const std::string& name, Seen seen, std::function<ConfigNode()> settings, int64_t threads = 0) {
    add_row("learner/" + name, "updates", [=] {
      if (threads > 0) at::set_num_threads(static_cast<int>(threads));
      const bool pictures = seen == Seen::kPictures;
      const auto learner =
          std::make_shared<LearnerOnData>(catalog, settings(), pictures ? picture_observation() : state_observation(),
                                          pictures ? picture_action() : state_action());
      return Work{.once = [learner] { learner->update(); },
                  .flops = count_flops([&] { learner->update(); }),
                  .threads = threads};
    });
  };
  const auto text = [](const char* settings) { return [settings] { return yaml(settings); }; };

  // The paper's numbers are the defaults; its encoder is a ResNet.
  add("simplified_q/paper/frozen", Seen::kPictures, text("{type: simplified_q}"));
  add("simplified_q/paper/frozen/bf16", Seen::kPictures,
      text("{type: simplified_q, critic: {mlp: {precision: bf16}}}"));
  add("simplified_q/paper/end_to_end", Seen::kPictures,
      [] { return end_to_end(yaml("{type: simplified_q}"), "resnet"); });
  add("simplified_q/paper/end_to_end/bf16", Seen::kPictures,
      text("{type: simplified_q, input: {images: end_to_end, encoder: {type: resnet, precision: bf16}},"
           " critic: {mlp: {precision: bf16}}}"));
  add("simplified_q/cpu/frozen", Seen::kPictures, [] { return quickstart("agent"); });
  add(
      "simplified_q/cpu/frozen/1_thread", Seen::kPictures, [] { return quickstart("agent"); }, 1);
  add("simplified_q/cpu/end_to_end", Seen::kPictures, [] { return end_to_end(quickstart("agent"), "small_conv"); });
  add("simplified_q/state", Seen::kState,
      text("{type: simplified_q, batch_size: 256, input: {images: none}, critic: {ensemble: 2, mlp: {hidden: [256, "
           "256]}},"
           " actor: {mlp: {hidden: [256, 256], activation: relu}}}"));
  add("bc/paper/end_to_end", Seen::kPictures, [] { return end_to_end(yaml("{type: bc}"), "resnet"); });
  add("bc/cpu/frozen", Seen::kPictures, [] { return quickstart("cloning"); });
  add(
      "bc/cpu/frozen/1_thread", Seen::kPictures, [] { return quickstart("cloning"); }, 1);
  add("bc/state", Seen::kState,
      text("{type: bc, batch_size: 256, input: {images: none}, actor: {mlp: {hidden: [256, 256], activation: relu}}}"));
  if (catalog.learners.has("cql_sac")) {
    add("cql_sac/state", Seen::kState,
        text("{type: cql_sac, cql: standard, batch_size: 256, num_action_samples: 10, n_step: 1, input: {images: none},"
             " critic: {ensemble: 2, mlp: {hidden: [256, 256]}},"
             " actor: {mlp: {hidden: [256, 256], activation: relu}}}"));
  }
}

}  // namespace onramp::bench
