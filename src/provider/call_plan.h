// The call that an attempt makes: from what its task asks for to the bytes that are sent, and what
// the core has to know of them. Pure.
//
//   PlannedCall call = plan_call(task, prompt, model, now);
//   tell(described(call, task.spec.id, model, endpoint.is_direct(), now));
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "core/run_state.h"
#include "provider/messages.h"

namespace baton {

struct PlannedCall {
  ModelRequest request;
  std::string body;
};

// The request of the task's next call: no more output than the model gives, effort where it takes
// it, old results cleared to fit its window, and the marks that pay on that day. `prompt` has the
// turns so far; `model` may be null (a model without a row: it will be refused for want of a
// price).
PlannedCall plan_call(const Task& task, Prompt prompt, const Model* model, Instant now);

// `direct`: nobody stands between us and the provider who could mark for caching what we did not.
CallPrepared described(const PlannedCall& call, TaskId task, const Model* model, bool direct,
                       Instant now);

}  // namespace baton
