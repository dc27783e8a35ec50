// How events change the line that `baton runs` shows. Used while writing and while verifying.
#pragma once

#include "store/journal.h"

namespace baton {

void apply(RunSummary& summary, const Event& event);

}  // namespace baton
