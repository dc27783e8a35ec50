// A review as this program runs it: the workflow, and the checkers that go first.
#pragma once

#include "app/settings.h"
#include "shell/driver.h"
#include "shell/loop.h"
#include "workflow/review.h"

namespace baton {

// A review as its request says, with the checkers that are known.
Review make_review(Change change, const Tables& tables, const RunRequest& request);

// Runs them on the review's change. Everything outlives what is returned.
RunCheckers review_checkers(Loop& loop, const Review& review, const Tables& tables,
                            const RunRequest& request);

}  // namespace baton
