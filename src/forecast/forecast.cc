#include "forecast/forecast.h"

#include <algorithm>

#include "base/check.h"
#include "forecast/forecast_caps.h"
#include "forecast/size_estimate.h"
#include "forecast/usage_math.h"

namespace baton {
namespace {

// Without history: what an answer takes to begin, and to be written. Slower than most.
constexpr Millis kFirstByte{2'000};
constexpr Millis kEachToken{20};
// Most batches end within an hour.
constexpr Millis kBatch = Millis::seconds(3600);

Money cost_of(const ForecastCall& call, const ForecastAsk& ask) {
  const bool batched = ask.batch && call.role == Role::kWorker;
  return price_of(call, ask.catalog, ask.date, batched ? Service::kBatch : Service::kStandard);
}

Usage scaled(const Usage& usage, Permille prompt, Permille answer) {
  Usage all = each_count(usage, [&](Tokens tokens) { return prompt.of(tokens); });
  all.output = answer.of(usage.output);
  return all;
}

Usage times(const Usage& usage, Permille count) {
  return scaled(usage, count, count);
}

bool is_first(const ForecastCall& call) {
  return call.type == "task_decomposition" || call.type == "direct_review";
}

void add(Sample& sample, const ForecastCall& call, Permille count, const ForecastAsk& ask) {
  const Money cost = count.of(cost_of(call, ask));
  sample.cost += cost;
  sample.tokens += times(call.usage, count);
  if (call.role == Role::kWorker) sample.by_type[call.type] += cost;
  sample.dearest_call = std::max(sample.dearest_call, cost_of(call, ask));
}

// ---- with history ----

// How much larger this subject is than that of the past run, in tokens of one model.
Permille growth(const ForecastAsk& ask, const PastRun& run, const std::string& model) {
  ForecastCall subject;
  subject.model = run.subject_model;
  subject.usage.input = run.subject;
  const Tokens then = on_model(subject, model, ask.catalog).usage.input;
  return Permille::ratio(ask.prompt.count(), then.count());
}

// The call as it would go now.
ForecastCall call_now(const ForecastCall& past, Permille r, const ForecastAsk& ask) {
  ForecastCall call = on_model(past, ask.models[past.tier], ask.catalog);
  if (is_first(call)) {
    call.usage = scaled(call.usage, r, r.root());
    if (ask.counted) call.usage = {.input = *ask.counted, .output = call.usage.output};
    if (ask.way == Way::kDirect) {
      const std::string& usual = ask.types.find(past.type)->effort;
      const std::string& effort = ask.effort.empty() ? usual : ask.effort;
      call.usage.output = Permille::ratio(answer_length(effort).thousandths(),
                                          answer_length(past.effort).thousandths())
                              .of(call.usage.output);
      call.effort = effort;
    }
  } else {
    const bool worker = call.role == Role::kWorker;
    call.usage = scaled(call.usage, r.root(), worker ? Permille() : r.root());
  }
  return call;
}

Sample sample_of(const PastRun& run, const ForecastAsk& ask) {
  const Tier first = ask.way == Way::kDirect ? ask.types.find("direct_review")->tier
                                             : ask.types.find("task_decomposition")->tier;
  const Permille r = growth(ask, run, ask.models[first]);
  const bool planned = ask.way == Way::kOrchestrate;
  // A plan may not name more tasks than it is allowed to; two are the orchestrator's own.
  const std::int64_t workers = planned ? std::max<std::int64_t>(run.tasks - 2, 0) : 0;
  const std::int64_t workers_now =
      std::min<std::int64_t>(r.root().of(workers), std::max<std::int64_t>(ask.max_tasks, 0));
  const Permille more = Permille::ratio(workers_now, workers);
  Sample sample;
  for (const ForecastCall& past : run.calls) {
    const ForecastCall call = call_now(past, r, ask);
    add(sample, call, planned && call.role == Role::kWorker ? more : Permille(), ask);
  }
  const auto calls = static_cast<std::int64_t>(run.calls.size());
  sample.tasks = run.tasks - workers + workers_now;
  sample.calls = calls + workers_now - workers;
  sample.wall = Millis(r.root().of(run.active.count()));
  return sample;
}

// ---- without ----

Millis answer_time(const ForecastCall& call) {
  return kFirstByte + kEachToken * call.usage.output.count();
}

Sample sample_by_size(const ForecastAsk& ask) {
  const Tokens prompt = ask.counted.value_or(ask.prompt);
  const std::vector<ForecastCall> calls =
      ask.way == Way::kDirect
          ? std::vector<ForecastCall>{direct_call_by_size(prompt, ask.effort, ask.types,
                                                          ask.models)}
          : calls_by_size(ask.change, ask.types, ask.models, ask.catalog, prompt);
  Sample sample;
  std::int64_t workers = 0;
  Millis longest;
  for (const ForecastCall& call : calls) {
    const bool planned_worker = ask.way == Way::kOrchestrate && call.role == Role::kWorker;
    if (planned_worker && ++workers > ask.max_tasks) continue;
    add(sample, call, Permille(), ask);
    ++sample.calls;
    if (planned_worker) {
      longest = std::max(longest, answer_time(call));
    } else {
      sample.wall = sample.wall + answer_time(call);
    }
  }
  sample.tasks = sample.calls;
  const std::int64_t rounds = (workers + ask.parallel - 1) / std::max(ask.parallel, 1);
  sample.wall = sample.wall + longest * rounds;
  if (ask.batch) sample.wall = std::max(sample.wall, kBatch);
  return sample;
}

// ---- the interval ----

// At the rank `tenths / 10`, counted from 1: between the two samples next to it.
Money at_rank(const std::vector<Money>& sorted, std::int64_t tenths) {
  const auto below = static_cast<std::size_t>(tenths / 10 - 1);
  const Money low = sorted[below];
  if (tenths % 10 == 0) return low;
  return low + Permille((tenths % 10) * 100).of(sorted[below + 1] - low);
}

}  // namespace

std::string_view to_string(Way way) {
  return way == Way::kDirect ? "direct" : "orchestrate";
}

Interval interval_of(std::vector<Money> samples, std::int64_t n) {
  BATON_CHECK(!samples.empty() && n <= static_cast<std::int64_t>(samples.size()));
  std::sort(samples.begin(), samples.end());
  const Money smallest = samples.front();
  const Money largest = samples.back();
  Interval interval{.low = {}, .likely = samples[(samples.size() - 1) / 2], .high = {}};
  const std::int64_t seen = n == 0 ? 0 : n + 1;  // P10 stands at the rank of so many tenths
  if (seen >= 10) {
    interval.low = at_rank(samples, seen);
    interval.high = at_rank(samples, 9 * seen);
    return interval;
  }
  const Permille missing((10 - seen) * 100);
  interval.low = smallest - missing.of(smallest - Permille(100).of(smallest));
  interval.high = largest + missing.of(Permille(2'000).of(largest));
  return interval;
}

Prospect forecast_review(const ForecastAsk& ask, const std::vector<PastRun>& history) {
  std::vector<Sample> samples;
  for (const PastRun& run : history) {
    if (run.over() && run.mode == to_string(ask.way) && !run.calls.empty() &&
        run.subject > Tokens()) {
      samples.push_back(sample_of(run, ask));
    }
  }
  const auto learned = static_cast<std::int64_t>(samples.size());
  if (samples.empty()) samples.push_back(sample_by_size(ask));
  std::stable_sort(samples.begin(), samples.end(),
                   [](const Sample& a, const Sample& b) { return a.cost < b.cost; });
  std::vector<Money> costs;
  for (const Sample& sample : samples) costs.push_back(sample.cost);
  const Interval interval = interval_of(std::move(costs), learned);
  const Sample& middle = samples[(samples.size() - 1) / 2];
  Prospect prospect;
  prospect.forecast = {.low = interval.low,
                       .likely = interval.likely,
                       .high = interval.high,
                       .wall = middle.wall,
                       .tasks = middle.tasks,
                       .history = learned};
  prospect.tokens = middle.tokens;
  prospect.calls = middle.calls;
  prospect.caps = caps_met(ask, prospect, middle);
  return prospect;
}

}  // namespace baton
