// Updates of the learners, built from YAML through the catalog as a run builds them.
#include <ATen/Parallel.h>

#include <cmath>

#include "benchmarks/flops.h"
#include "benchmarks/made_up_data.h"
#include "benchmarks/rows.h"
#include "onramp/base/config.h"
#include "onramp/base/error.h"
#include "onramp/base/text.h"

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

/// Hidden layers of all networks of the rows beside the peers.
struct Sizes {
  const char *name, *list;
  double hidden, layers;
};
constexpr Sizes kSizes[] = {{"256x256", "[256, 256]", 256, 2}, {"512x512x512", "[512, 512, 512]", 512, 3}};

/// How an update of REDQ shares what it is given.
struct Form {
  const char *name, *settings;
  double rows;        ///< of each of the four steps of the critic
  double actor_rows;  ///< of the policy's
  double subset = 2;  ///< members of the target
};
constexpr Form kForms[] = {
    {"each", "utd_form: each", 256, 1024},
    {"each/actor_last", "utd_form: each, actor_batch: last", 256, 256},
    {"each/actor_last/subset_10", "utd_form: each, actor_batch: last, subset: 10", 256, 256, 10},
    {"split", "utd_form: split", 64, 256},
};

/// REDQ's own method: the entropy counts in the target, the policy climbs the members' mean.
ConfigNode redq(const Sizes& sizes, const Form& form) {
  return yaml(concat("{type: redq, utd: 4, ", form.settings,
                     ", batch_size: 256, entropy_backup: true, actor_value: mean, input: {images: none},"
                     " critic: {ensemble: 10, mlp: {hidden: ",
                     sizes.list, ", layer_norm: true}}, actor: {mlp: {hidden: ", sizes.list, ", activation: relu}}}"));
}

/// Of one such update by hand: 2 m n k a product.
double redq_flops(const Sizes& sizes, const Form& form) {
  const double steps = 4, members = 10, obs = 39, action = 28, in = obs + action;
  const auto forward = [&](double rows, double from, double to) {  // of one network
    return 2 * rows * (from * sizes.hidden + (sizes.layers - 1) * sizes.hidden * sizes.hidden + sizes.hidden * to);
  };
  const auto into = [&](double rows, double from) { return 2 * rows * from * sizes.hidden; };  // gradient of the input
  // Critic: forward, gradients of the weights and of all inputs but the first layer's; some members of the target, forward.
  const double critic = members * (3 * forward(form.rows, in, 1) - into(form.rows, in));
  const double target = form.subset * forward(form.rows, in, 1);
  // Policy: its actions at all s'; then as the critic, and through the members as constants, forward and back to the action.
  const double next = forward(steps * form.rows, obs, 2 * action);
  const double actor = 3 * forward(form.actor_rows, obs, 2 * action) - into(form.actor_rows, obs);
  const double through = members * 2 * forward(form.actor_rows, in, 1);
  return steps * (critic + target) + next + actor + through;
}

/// CQL(H) and Cal-QL by their defaults: 2 critics, 10 actions of each kind, the target at the best of 10.
ConfigNode cal_ql(const Sizes& sizes, bool calibrate) {
  return yaml(concat("{type: cal_ql, calibrate: ", calibrate ? "true" : "false",
                     ", input: {images: none}, critic: {mlp: {hidden: ", sizes.list,
                     "}}, actor: {mlp: {hidden: ", sizes.list, ", activation: relu}}}"));
}

}  // namespace

void add_learner_rows(const Catalog& catalog) {
  // One thread where the config says so: networks that small lose more by waiting than a second thread gives.
  const auto add = [&](const std::string& name, Seen seen, std::function<ConfigNode()> settings, int64_t threads = 0,
                       double by_hand = 0) {
    add_row("learner/" + name, "updates", [=] {
      if (threads > 0) at::set_num_threads(static_cast<int>(threads));
      const bool pictures = seen == Seen::kPictures;
      const auto learner =
          std::make_shared<LearnerOnData>(catalog, settings(), pictures ? picture_observation() : state_observation(),
                                          pictures ? picture_action() : state_action());
      const double flops = count_flops([&] { learner->update(); });
      ONRAMP_CHECK(by_hand == 0 || std::abs(flops / by_hand - 1) < 1e-9, "counted ", flops, " FLOPs, by hand ",
                   by_hand);
      return Work{.once = [learner] { learner->update(); }, .flops = flops, .threads = threads};
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

  for (const auto& sizes : kSizes) {
    for (const auto& form : kForms) {
      const auto settings = [=] { return redq(sizes, form); };
      add(concat("redq/utd4/", sizes.name, "/", form.name), Seen::kState, settings, 0, redq_flops(sizes, form));
    }
    for (const bool calibrate : {false, true}) {
      const auto settings = [=] { return cal_ql(sizes, calibrate); };
      add(concat(calibrate ? "cal_ql/" : "cql/", sizes.name), Seen::kState, settings);
    }
  }
}

}  // namespace onramp::bench
