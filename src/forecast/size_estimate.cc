#include "forecast/size_estimate.h"

#include <algorithm>

#include "prompt/pack.h"
#include "prompt/prompt.h"

namespace baton {
namespace {

// Measured on reviews against the stand-in and rounded up: what stands around the material, and
// what answers take.
constexpr std::size_t kInstructionBytes = 2'500;
constexpr Tokens kPlanAnswer{2'500};
constexpr Tokens kWorkAnswer{600};
constexpr Tokens kReportAnswer{1'000};
constexpr std::size_t kFindingBytes = 350;
constexpr std::size_t kFindingsPerTask = 2;
// One answer to all that the workers' answers would say, and the thought that a plan spares them.
constexpr Tokens kDirectAnswer{3'000};

constexpr std::string_view kPlan = "task_decomposition";
constexpr std::string_view kReport = "result_synthesis";

std::size_t material_bytes(const Change& change) {
  std::size_t bytes = 0;
  for (const ChangedFile& file : change.files) bytes += render_hunks(file).size();
  return bytes;
}

ForecastCall call_of(const TaskType& type, const TierModels& models, Tokens prompt, Tokens answer) {
  ForecastCall call;
  call.type = type.name;
  call.role = type.role;
  call.tier = type.tier;
  call.model = models[type.tier];
  call.effort = type.effort;
  call.usage.input = prompt;
  call.usage.output = answer;
  return call;
}

}  // namespace

Money ReviewEstimate::total() const {
  Money sum = plan + report;
  for (const TypeEstimate& type : work) sum += type.cost;
  return sum;
}

std::vector<ForecastCall> calls_by_size(const Change& change, const TaskTypes& types,
                                        const TierModels& models, const Catalog& catalog,
                                        std::optional<Tokens> plan_prompt) {
  const std::size_t material = material_bytes(change);
  const auto call = [&](const TaskType& type, std::size_t bytes, Tokens answer) {
    const Model* model = catalog.find(models[type.tier]);
    return call_of(type, models,
                   estimated_tokens(bytes, model == nullptr ? 100 : model->tokenizer_percent),
                   answer);
  };
  std::vector<ForecastCall> calls;
  calls.push_back(
      call(*types.find(kPlan), kInstructionBytes * 2 + change.map.size() + material, kPlanAnswer));
  if (plan_prompt) calls.front().usage.input = *plan_prompt;
  for (const TaskType& type : types.all()) {
    if (type.role != Role::kWorker) continue;
    // A worker is given part of the change; with its surroundings that comes to about all of it.
    calls.push_back(call(type, kInstructionBytes + material, kWorkAnswer));
  }
  const std::size_t findings = (calls.size() - 1) * kFindingsPerTask * kFindingBytes;
  calls.push_back(call(*types.find(kReport), kInstructionBytes + findings, kReportAnswer));
  return calls;
}

ForecastCall direct_call_by_size(Tokens prompt, const std::string& effort, const TaskTypes& types,
                                 const TierModels& models) {
  const TaskType& type = *types.find("direct_review");
  ForecastCall call = call_of(type, models, prompt, {});
  call.role = Role::kWorker;
  if (!effort.empty()) call.effort = effort;
  call.usage.output = std::min(answer_length(call.effort).of(kDirectAnswer), type.max_output);
  return call;
}

Permille answer_length(std::string_view effort) {
  if (effort == "low") return Permille(500);
  if (effort == "medium") return Permille(700);
  if (effort == "xhigh") return Permille(1'500);
  if (effort == "max") return Permille(2'000);
  return Permille();
}

ReviewEstimate estimate_review(const Change& change, const TaskTypes& types,
                               const TierModels& models, const Catalog& catalog,
                               std::string_view date) {
  ReviewEstimate estimate;
  for (const ForecastCall& call : calls_by_size(change, types, models, catalog)) {
    const Money cost = price_of(call, catalog, date);
    if (call.role == Role::kWorker) {
      estimate.work.push_back({call.type, call.tier, cost});
    } else {
      (call.type == kPlan ? estimate.plan : estimate.report) = cost;
    }
  }
  return estimate;
}

}  // namespace baton
