// Runs that are queued for the workers of a store, by the commands that begin, resume and await
// them.
#pragma once

#include <optional>
#include <string>

#include "app/commands.h"
#include "app/run_work.h"
#include "app/session.h"
#include "app/take_up.h"
#include "store/fleet.h"

namespace baton {

// kUsage, naming `option`, where the store is one machine's.
Status check_fleet(Journal& journal, std::string_view option);
// kUsage for what is no key: 1 to 200 visible ASCII characters. Empty is none, and sound.
Status check_key(std::string_view key);

// The identity of this state folder, made when it is first asked for: what needs a repository or a
// file of this machine waits for a worker that has the folder.
Result<std::string> place_of_state(const std::filesystem::path& state);

// A session for a new run; null where its key is a run's already, which is followed instead.
struct SessionToBegin {
  std::unique_ptr<Session> session;
  std::optional<RunId> known;
};
Result<SessionToBegin> session_to_begin(const StorePlace& place, const Tables& tables,
                                        const SpendOptions& options);
// What a command does whose key is another run's: it names that run (--submit), goes on with it, or
// waits for whoever drives it.
ExitCode follow(const SpendOptions& options, const RunId& run);

// Queues what `start` begins. The id of the run on standard output, and how to go on for people.
ExitCode submit(Session& session, RunStart start, RunWork& work, const RunRequest& request,
                QueueTerms terms, const SpendOptions& options);
// What became of a run that was begun here. Where another was begun meanwhile with the same key,
// that one is followed.
ExitCode tell_begun(Session& session, const Result<RunState>& run, RunWork& work,
                    const RunRequest& request, const SpendOptions& options);

// The run's id for standard output, and how to go on for people.
ExitCode tell_submitted(const RunId& run);
// Hands a run over to the workers, with what was asked for beside.
ExitCode requeue(Session& session, TakenUp taken);

}  // namespace baton
