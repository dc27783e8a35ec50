// Tells a workflow again what a run's journal says of its tasks, so that a resumed run, or a report
// of one that is over, goes through the same code as the run itself.
#pragma once

#include "base/result.h"
#include "core/run_state.h"
#include "store/journal.h"
#include "workflow/workflow.h"

namespace baton {

// kStorage or kNotFound if a text that the run names cannot be read.
Status restore(Workflow& workflow, const RunState& run, Journal& journal);

}  // namespace baton
