// The store of runs that a command works on: the journal in the state folder of this machine, or a
// PostgreSQL database that several machines share.
//
// Only the command line and the environment name it, never what is worked on. What is the machine's
// own (worktrees, facts, caches, sprints) is in the state folder either way.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "store/journal.h"

namespace baton {

// As options: --state and --store, or empty.
struct StoreOptions {
  std::string state;
  std::string store;
};

struct StorePlace {
  std::filesystem::path state;
  std::string url;  // of PostgreSQL, its password in it: for open_store() and children; or empty

  bool is_shared() const { return !url.empty(); }
};
// --store, else $BATON_STORE, else the journal in the state folder. kUsage for what is no URL of
// PostgreSQL, without quoting it.
Result<StorePlace> store_place(const StoreOptions& options);

// `post` as the journal takes it: it carries calls back to the thread that owns the journal.
// Terms of a shared store.
struct StoreTerms {
  Millis lease = Millis::seconds(15);  // of a run, after the last that was heard of its driver
  Millis outage = Millis::seconds(5);  // how long a server that is away is waited for
  // A process whose loop does not answer for so long loses its runs; zero: not looked at.
  Millis hung_after;
};
Result<std::unique_ptr<Journal>> open_store(const StorePlace& place,
                                            std::function<void(std::function<void()>)> post,
                                            const StoreTerms& terms = {});

// Where calls back are made at once, on whatever thread: for looking, not for driving.
inline void at_once(const std::function<void()>& work) {
  work();
}

// `text` with "***" for the password of every URL in it: for messages that quote a command line.
std::string without_passwords(std::string_view text);

}  // namespace baton
