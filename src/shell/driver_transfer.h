// For driver*.cc only: a call in flight, and how a task comes into a run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shell/driver.h"

namespace baton {

struct Driver::Transfer {
  TaskId task;
  std::optional<Pacer::Ticket> ticket;
  TransferId id = 0;
  bool opens_gate = false;  // siblings wait for its first byte, to read what it writes
  MessagesReply reply;
};

// The task, with its place in the workflow; its brief joins `texts`.
TaskAdded placed(Workflow& workflow, NewTask task, Instant now, std::vector<Blob>& texts);

}  // namespace baton
