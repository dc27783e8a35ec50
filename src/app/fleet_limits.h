// The provider's limits where several processes share them through a fleet's store.
#pragma once

#include "core/pacer.h"
#include "shell/loop.h"
#include "store/journal.h"

namespace baton {

// The pacer keeps to this process's share, is held back by what others were refused, and tells them
// what it is refused. Nothing to do where the store is one machine's. All of them outlive the
// loop's run.
void join_fleet(Loop& loop, Journal& journal, Pacer& pacer);

}  // namespace baton
