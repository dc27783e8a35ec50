// Driver: carries out what the core decides, and tells it what happened. One driver drives one run,
// on the loop's thread.
//
//   begin() / resume() ──► facts ──► step() ──► journal ──durable──► carried out ──► facts …
//
// Nothing that leaves the process is done before the decision to do it is durable. When the journal
// fails, the driver stops at once: what it could not write down, it may not do.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/pacer.h"
#include "core/rules.h"
#include "core/run_state.h"
#include "provider/call_plan.h"
#include "provider/credentials.h"
#include "provider/messages.h"
#include "shell/batch_runner.h"
#include "shell/conversations.h"
#include "shell/http_client.h"
#include "shell/scheduler.h"
#include "store/journal.h"
#include "workflow/workflow.h"

namespace baton {

struct CheckersResult {
  std::string findings;  // JSON array
  std::string note;      // what failed or was missing; empty if nothing was
  bool covered = true;   // false: they could not do the task
};
// Calls back once, on the loop's thread. An error is the machine's, not the task's: the run pauses.
using RunCheckers = std::function<void(const CheckerRequest& request,
                                       std::function<void(Result<CheckersResult>)> done)>;

// The tools that an answer asks for. The task is as it is now: what is kept of it is copied.
struct ToolsRequest {
  const Task& task;
  std::vector<ToolUse> uses;
};
struct ToolsResult {
  std::vector<ToolRecord> calls;
  std::string reply;   // for the model: JSON array of content blocks; empty where `result` is not
  std::string result;  // of the task, which is over
  std::string workspace;
};
// As RunCheckers. What a tool could not do is a reply, not an error.
using RunTools =
    std::function<void(const ToolsRequest& request, std::function<void(Result<ToolsResult>)> done)>;

// A person's answer, perhaps much later; none: there is nobody to ask, and the run pauses.
using AskApproval =
    std::function<void(const std::string& gate, std::function<void(std::optional<bool>)> answered)>;

// What a driver works with; everything outlives it.
struct DriverParts {
  Scheduler& scheduler;
  Journal& journal;
  HttpClient& http;
  Workflow& workflow;
  const Rules& rules;
  const Endpoint& endpoint;
  RunCheckers run_checkers;
  // After each change of state, with the events that made it: for progress and cost.
  std::function<void(const RunState&, const std::vector<Event>&)> on_change;
  // Once: the run has ended (or paused), durably; or the journal has failed.
  std::function<void(Status)> on_end;
  // The longest time between two questions after a batch.
  Millis batch_poll{60'000};
  RunTools run_tools{};        // where the workflow's prompts have tools
  AskApproval ask_approval{};  // where the run has gates
};

// What a new run begins with, none of it decided: told by the driver that begins it, or queued for
// one in another process to take up.
struct FirstFacts {
  std::vector<Event> events;
  std::vector<Blob> texts;
};
// `texts` are those that `created` names. The workflow is told of its first tasks.
FirstFacts first_facts(RunCreated created, std::vector<Blob> texts, Workflow& workflow);

class Driver {
 public:
  explicit Driver(DriverParts parts);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // A new run. `texts` are those that `created` names.
  void begin(RunCreated created, std::vector<Blob> texts);
  // A run from its journal: `state` is its fold, and the workflow has been told of its tasks (as
  // they are after what the user asks for beside: BudgetRaised, RetryAsked).
  void resume(RunState state, std::vector<Event> asked = {});

  // Lets what is in flight end, then pauses the run.
  void stop(std::string why = {});
  // Cuts what is in flight, too: those calls are booked at their worst case.
  void cut();

  const RunState& state() const { return run_; }
  // For when it is over.
  RunState take_state() { return std::move(run_); }

 private:
  struct Transfer;  // one call in flight

  void tell(Event fact, std::vector<Blob> texts = {});
  void tell_together(std::vector<Event> facts, std::vector<Blob> texts);
  void record(std::vector<Event> events, std::vector<Blob> texts);
  void carry_out(const Event& event);
  void prepare(TaskId task);
  void finish_without_call(TaskId task, std::string result);
  void reserve_in_store(const AllotmentAsked& event);
  void ask_fleet(const std::string& prefix);
  void tell_fleet(CallId call);
  void send(const CallReserved& event);
  HttpRequest request_with(std::string body) const;
  void submit(const BatchFormed& event);
  void give_up_batch(const BatchFormed& event);
  void collect(const std::map<BatchId, OpenBatch>& batches);
  std::string item_name(CallId call) const;
  std::optional<Pacer::Ticket> claim_ticket(CallId call) const;
  void give_up_place(CallId call) const;
  void hear_head(CallId call, int status, const HttpHeaders& headers);
  void hear(CallId call, std::string_view bytes);
  void tell_pacer(const Transfer& transfer, const CallOutcome& outcome) const;
  void end_call(CallId call, const TransferEnd& end);
  void book(CallId call, CallOutcome outcome);
  void check(TaskId task);
  void use_tools(TaskId task);
  void ask_for(const std::string& gate);
  void add_followers();
  void set_alarm();
  void look_again();
  void prepare_started();
  void note_end(TaskId task);
  void fail(const Error& error);

  DriverParts parts_;
  RunState run_;
  std::vector<std::string> headers_;
  std::map<TaskId, PlannedCall> planned_;  // until they are sent
  std::map<CallId, std::unique_ptr<Transfer>> transfers_;
  Conversations conversations_;
  std::map<TaskId, std::string> answers_;  // of calls just ended, until their task's end is decided
  std::map<TaskId, std::string> findings_;      // of checkers, likewise
  std::deque<TaskId> ended_leads_;              // whose followers are still to be added
  std::map<CallId, std::string> batch_params_;  // of calls that wait for their batch
  std::map<std::string, CallId> batched_;       // by the names of their items
  BatchRunner batches_;
  std::deque<TaskId> starting_;  // whose prompts are still to be prepared
  bool preparing_ = false;
  std::optional<Instant> alarm_;  // the next time to look whether time has decided something
  bool over_ = false;
  std::shared_ptr<bool> alive_;  // callbacks that outlive the driver find it false
};

}  // namespace baton
