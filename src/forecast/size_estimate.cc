#include "forecast/size_estimate.h"

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

Money price(std::size_t bytes, Tokens output, std::string_view model_id, const Catalog& catalog,
            std::string_view date) {
  const Model* model = catalog.find(model_id);
  const PriceSheet* sheet = model == nullptr ? nullptr : model->sheet_on(date);
  if (sheet == nullptr) return {};
  Usage usage;
  usage.input = estimated_tokens(bytes, model->tokenizer_percent);
  usage.output = output;
  return sheet->bill(usage);
}

std::size_t material_bytes(const Change& change) {
  std::size_t bytes = 0;
  for (const ChangedFile& file : change.files) bytes += render_hunks(file).size();
  return bytes;
}

}  // namespace

Money ReviewEstimate::total() const {
  Money sum = plan + report;
  for (const TypeEstimate& type : work) sum += type.cost;
  return sum;
}

ReviewEstimate estimate_review(const Change& change, const TaskTypes& types,
                               const TierModels& models, const Catalog& catalog,
                               std::string_view date) {
  const std::string& deep = models[Tier::kDeep];
  const std::size_t material = material_bytes(change);
  ReviewEstimate estimate;
  estimate.plan =
      price(kInstructionBytes * 2 + change.map.size() + material, kPlanAnswer, deep, catalog, date);
  for (const TaskType& type : types.all()) {
    if (type.role != Role::kWorker) continue;
    const std::string& model = models[type.tier];
    // A worker is given part of the change; with its surroundings that comes to about all of it.
    estimate.work.push_back(
        {type.name, type.tier,
         price(kInstructionBytes + material, kWorkAnswer, model, catalog, date)});
  }
  const std::size_t findings = estimate.work.size() * kFindingsPerTask * kFindingBytes;
  estimate.report = price(kInstructionBytes + findings, kReportAnswer, deep, catalog, date);
  return estimate;
}

}  // namespace baton
