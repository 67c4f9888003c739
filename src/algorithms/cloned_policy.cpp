#include "onramp/algorithms/cloned_policy.h"

#include <algorithm>
#include <vector>

#include "onramp/algorithms/network_inputs.h"
#include "onramp/base/error.h"
#include "onramp/models/content_hash.h"
#include "onramp/policies/actor_policy.h"
#include "onramp/policies/recurrent_policy.h"

namespace onramp {
namespace {

/// Two lists of names, of which either may say nothing.
void check_names(const std::string& what, const std::vector<std::string>& cloned,
                 const std::vector<std::string>& here) {
  if (cloned.empty() || here.empty()) return;
  for (size_t i = 0; i < std::min(cloned.size(), here.size()); ++i) {
    if (cloned[i] == here[i]) continue;
    throw ConfigError(concat(what, " ", i, " is '", cloned[i], "' to the cloned policy, here it is '", here[i], "'"));
  }
}

bool looks_at_pictures(const Policy& policy) {
  const auto& entries = policy.observation_spec().entries;
  return std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return entry.is_image(); });
}

/// What one of ours sees through; null of others.
const ObservationEncoder* encoder_of(const Policy& policy) {
  if (const auto* actor = dynamic_cast<const ActorPolicy*>(&policy)) return &actor->actor().encoder();
  if (const auto* recurrent = dynamic_cast<const RecurrentPolicy*>(&policy)) return &recurrent->actor().encoder();
  return nullptr;
}

void check_observations(const ObservationSpec& cloned, const ObservationSpec& here, const std::string& method) {
  for (const auto& entry : cloned.entries) {
    const auto* same = here.find(entry.name);
    if (!same || same->privileged) {
      throw ConfigError(
          concat(method, ": the cloned policy looks at '", entry.name, "', which this task does not show"));
    }
    if (type_text(*same) != type_text(entry)) {
      throw ConfigError(concat(method, ": the cloned policy looks at '", entry.name, "' as ", type_text(entry),
                               ", here it is ", type_text(*same)));
    }
    check_names(concat(method, ": '", entry.name, "': value"), entry.fields, same->fields);
  }
}

}  // namespace

std::shared_ptr<Policy> load_cloned_policy(const LearnerContext& context, const std::string& method) {
  if (!context.given || !context.given->contains(kClonedPolicy)) {
    throw ConfigError(concat(method, " needs the part '", kClonedPolicy,
                             "': let a bc learner learn first, or one with policy: {torchscript: path} hand one over"));
  }
  std::shared_ptr<Policy> policy = load_policy(context.given->at(kClonedPolicy), context.device);
  check_fits_task(*policy, context, method);
  return policy;
}

void check_fits_task(const Policy& policy, const LearnerContext& context, const std::string& method) {
  const auto& action = policy.action_spec();
  if (action.dim != context.action.dim) {
    throw ConfigError(
        concat(method, ": the cloned policy acts in ", action.dim, " dimensions, this task in ", context.action.dim));
  }
  check_names(concat(method, ": action: value"), action.fields, context.action.fields);
  check_observations(policy.observation_spec(), context.observation, method);
}

std::string cannot_ask_memory(const std::string& method, const std::string& remedy) {
  return concat(method,
                ": the cloned policy remembers what came before, so that it cannot be asked at the states of a batch; ",
                remedy);
}

void check_without_memory(const Policy& cloned, const std::string& why) {
  if (cloned.has_memory() && !why.empty()) throw ConfigError(why);
}

void check_sees_pixels(const Policy& cloned, const InputConfig& input, const std::string& method) {
  if (input.images != EncoderMode::kFrozen || !looks_at_pictures(cloned)) return;
  throw ConfigError(concat(method,
                           ": input.images: frozen puts the features of an encoder in place of pictures, and a policy "
                           "from elsewhere sees through its own; set input.images: end_to_end"));
}

void check_sees_through(const Policy& cloned, const ObservationEncoder& own, const std::string& method) {
  if (!looks_at_pictures(cloned) || !own.images() || own.trainable()) return;
  const auto* encoder = encoder_of(cloned);
  const bool frozen = encoder && encoder->images() && !encoder->trainable();
  if (frozen && content_hash(save_encoder(*encoder->images())) == content_hash(save_encoder(*own.images()))) return;
  throw ConfigError(
      concat(method,
             ": input.images: frozen puts the features of one encoder in place of pictures, and the cloned "
             "policy sees through another; clone through that one, or set input.images: end_to_end"));
}

ClonedPolicy::ClonedPolicy(const LearnerContext& context, const std::string& method, ActSetting act)
    : policy_(load_cloned_policy(context, method)), act_(act), proposals_(context.seed, method + "/proposals") {}

std::vector<std::string> ClonedPolicy::needs(const InputConfig& input, const ObservationSpec& observation) {
  auto parts = NetworkInputs::needs(input, observation);
  parts.emplace_back(kClonedPolicy);
  return parts;
}

at::Tensor ClonedPolicy::propose(const Observation& obs, const at::Tensor& like) {
  auto random = proposals_.next();
  const auto state = policy_->begin(obs.batch_size());
  return policy_->propose(obs, *state, act_mode(act_, *policy_), random).to(like.device());
}

void ClonedPolicy::describe(BatchRequest& request) const {
  auto& names = request.observations;
  for (const auto& entry : policy_->observation_spec().entries) {
    if (std::find(names.begin(), names.end(), entry.name) == names.end()) names.push_back(entry.name);
  }
}

LogProbEntropy ClonedPolicy::rate(const Batch& batch) const {
  if (!policy_->has_memory()) return policy_->evaluate(batch.obs, batch.action);
  return {.log_prob = batch.columns.at(kActedLogProb), .entropy = batch.columns.at(kActedEntropy)};  // [B], [B]
}

void ClonedPolicy::describe_rating(BatchRequest& request) const {
  if (!policy_->has_memory()) return describe(request);
  request.columns.insert(request.columns.end(), {kActedLogProb, kActedEntropy});
}

void ClonedPolicy::save(PartState& learner) const {
  learner.host["cloned"] = policy_->content_hash();
  learner.host["proposals"] = proposals_.counter();
}

void ClonedPolicy::load(const PartState& learner) {
  if (require_host<std::string>("learner", learner, "cloned") != policy_->content_hash()) {
    throw CheckpointError("learner: it was trained from another cloned policy than the one handed over");
  }
  proposals_.set_counter(require_host<uint64_t>("learner", learner, "proposals"));
}

}  // namespace onramp
