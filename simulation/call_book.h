// CallBook: each call as three tell it who do not know of each other: the journal that it was
// promised and how it ended, the provider that it came and what it is billed.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/event.h"

namespace baton::sim {

struct BookedCall {
  CallReserved reserved;
  int holder = 0;           // of the lease, whose reservation it is
  bool batched = false;     // the journal says that it goes to the provider in a batch
  bool left = false;        // its request has left the process
  int seen = 0;             // requests that came to the provider
  Usage usage;              // what it meters
  bool metered = false;     // it bills that
  bool overbilled = false;  // more than could be promised
  std::optional<CallEnded> ended;
};

class CallBook {
 public:
  // An event is durable. What it breaks; empty if nothing.
  std::string told(int holder, const Event& event);

  // The call whose request leaves now: promised durably by that process, not sent before. Null:
  // there is none, and nothing may leave.
  BookedCall* leaving(int holder, TaskId task, std::string_view model, std::int64_t max_output);
  BookedCall* find(CallId call);

  // Once nothing happens any more. `prices_kept`: the sheet of each reservation was at hand at its
  // end.
  std::string check(bool prices_kept) const;
  int requests() const;

 private:
  std::map<CallId, BookedCall> calls_;
};

}  // namespace baton::sim
