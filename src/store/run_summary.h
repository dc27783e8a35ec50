// How events change the line that `baton runs` shows. Used while writing and while verifying.
#pragma once

#include "store/journal.h"

namespace baton {

void apply(RunSummary& summary, const Event& event);

// A damaged journal may name any amount, and must be listed all the same: the sum stays at the ends
// of Money's range rather than pass them.
Money saturating_sum(Money a, Money b);

}  // namespace baton
