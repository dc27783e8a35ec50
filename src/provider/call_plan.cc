#include "provider/call_plan.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "prompt/cache_plan.h"
#include "prompt/context_clearing.h"

namespace baton {

PlannedCall plan_call(const Task& task, Prompt prompt, const Model* model, Instant now) {
  PlannedCall call;
  ModelRequest& request = call.request;
  request.model = task.model;
  request.max_output = task.max_output;
  request.prompt = std::move(prompt);
  if (model != nullptr) {
    request.max_output = std::min(task.max_output, model->max_output);
    if (model->takes_effort) request.effort = task.effort;
    clear_old_results(request.prompt, context_limit(request.prompt, model->context_window),
                      model->tokenizer_percent);
    if (const PriceSheet* sheet = model->sheet_on(date_of(now)))
      settle_cache_marks(request.prompt, *model, *sheet);
  }
  call.body = messages_body(request);
  return call;
}

CallPrepared described(const PlannedCall& call, TaskId task, const Model* model, bool direct,
                       Instant now) {
  const int tokenizer = model == nullptr ? 100 : model->tokenizer_percent;
  const Prompt& prompt = call.request.prompt;
  CallPrepared fact;
  fact.at = now;
  fact.task = task;
  fact.content_key = sha256_hex(call.body);
  fact.input_bound = input_bound(call.body);
  fact.cache_marked = prompt.cache_marked() || !direct;
  fact.input_estimate = estimated_tokens(call.body.size(), tokenizer);
  if (prompt.cache_marked()) {
    SharedPrefix prefix = prefix_of(call.request, tokenizer);
    fact.prefix = std::move(prefix.key);
    fact.prefix_tokens = prefix.estimate;
    fact.prefix_ttl = Millis::seconds(prompt.ttl == CacheTtl::k1Hour ? 3600 : 300);
  }
  return fact;
}

}  // namespace baton
