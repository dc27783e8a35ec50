// RunAccount: how far the journal of a run has come, what its end is chained to, and what the run
// may have cost by then. Kept while events are written, and compared with heads/RUN.
#pragma once

#include <map>

#include "base/ids.h"
#include "base/money.h"
#include "core/event.h"
#include "store/chain.h"

namespace baton {

struct RunAccount {
  std::int64_t sequence = 0;
  Sha256 hash = kChainStart;
  Money charged;
  Money held;
  std::map<CallId, Money> holds;  // of calls that have not ended

  // The most that the run may have cost so far.
  Money committed() const;
};

// What the event changes of the money; sequence and hash are the caller's.
void count_money(RunAccount& account, const Event& event);

// The same for an event as it is stored: only those that tell of money are read. kInput if one of
// these cannot be.
Status count_money(RunAccount& account, std::string_view type, std::string_view body);

}  // namespace baton
