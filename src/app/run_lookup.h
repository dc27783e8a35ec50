// Finding the runs that a command is to read.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/settings.h"
#include "app/store.h"
#include "base/result.h"
#include "core/event.h"
#include "store/fleet.h"
#include "store/journal.h"

namespace baton {

// The journal of what is there; looking at runs makes no state folder.
Result<std::unique_ptr<Journal>> open_existing(const StorePlace& place);
Result<std::unique_ptr<Journal>> open_existing(const StoreOptions& options);

// What waits in the fleet's queue, is driven from it, or has been taken out of it; empty where the
// store is one machine's.
using Queue = std::map<RunId, QueuedRun>;
Result<Queue> queue_of(Journal& journal);

// `given`, or the latest run if that is empty.
Result<RunId> chosen_run(Journal& journal, const std::string& given);

// What the run that these events are of was asked with. kStorage if they have no beginning.
Result<RunRequest> request_of(Journal& journal, const RunId& run, const std::vector<Event>& events);

// kNotFound, with where to look.
Error no_such_run(const RunId& run);

// "running" of a run that nobody drives means that it is "queued", or that its process died:
// "interrupted".
std::string status_shown(Journal& journal, const RunSummary& run, const Queue& queue);

// Of a run in quarantine: who died of it, and what to do.
std::string quarantine_text(const QueuedRun& queued);

}  // namespace baton
