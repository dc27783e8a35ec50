#include "shell/driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "core/pacer.h"
#include "core/step.h"
#include "provider/rate_limits.h"
#include "store/fleet.h"

namespace baton {

struct Driver::Transfer {
  TaskId task;
  std::optional<Pacer::Ticket> ticket;
  TransferId id = 0;
  bool opens_gate = false;  // siblings wait for its first byte, to read what it writes
  MessagesReply reply;
};

namespace {

// A process that stood still may have lost its run to another one, which looks for its batch for
// half a minute and then calls it not created. From then on it may not be.
constexpr Millis kLatestCreate = Millis::seconds(15);

// What carry_out() acts upon; most events only tell what happened.
bool is_instruction(const Event& event) {
  return std::holds_alternative<CallReserved>(event) ||
         std::holds_alternative<CheckersStarted>(event) ||
         std::holds_alternative<ToolsStarted>(event) ||
         std::holds_alternative<ApprovalAsked>(event) ||
         std::holds_alternative<AllotmentAsked>(event) ||
         std::holds_alternative<PrefixAsked>(event) || std::holds_alternative<BatchFormed>(event) ||
         std::holds_alternative<RunEnded>(event);
}

// The task, with its place in the workflow; its brief joins `texts`.
TaskAdded placed(Workflow& workflow, NewTask task, Instant now, std::vector<Blob>& texts) {
  Blob brief = make_blob(std::move(task.brief));
  task.spec.brief = brief.id;
  workflow.added(task.spec, brief.text);
  texts.push_back(std::move(brief));
  return {now, std::move(task.spec)};
}

}  // namespace

FirstFacts first_facts(RunCreated created, std::vector<Blob> texts, Workflow& workflow) {
  const Instant now = created.at;
  FirstFacts facts{{}, std::move(texts)};
  facts.events.emplace_back(std::move(created));
  for (NewTask& task : workflow.first_tasks())
    facts.events.emplace_back(placed(workflow, std::move(task), now, facts.texts));
  if (workflow.plans_itself()) facts.events.emplace_back(PlanClosed{now});
  return facts;
}

Driver::Driver(DriverParts parts)
    : parts_(std::move(parts)),
      headers_(messages_headers(parts_.endpoint)),
      batches_(parts_.scheduler, parts_.http, parts_.endpoint, parts_.batch_poll,
               {[this](BatchId batch, const std::string& name) {
                  tell(BatchAccepted{parts_.scheduler.now(), batch, name});
                },
                [this](BatchId, const std::string& name, CallOutcome outcome) {
                  if (const auto call = batched_.extract(name); call && !over_)
                    book(call.mapped(), std::move(outcome));
                },
                [this](BatchId batch, const std::string& why) {
                  stop(fmt::format("batch {} cannot be asked for: {}", batch.to_string(), why));
                }}),
      alive_(std::make_shared<bool>(true)) {}

// Other runs go on with the same client and the same limits.
Driver::~Driver() {
  *alive_ = false;
  for (const auto& [call, transfer] : transfers_) {
    parts_.http.cancel(transfer->id);
    if (transfer->ticket)
      parts_.rules.pacer->ended(*transfer->ticket, nullptr, parts_.scheduler.now());
  }
  for (const auto& [call, open] : run_.open_calls) give_up_place(call);
}

void Driver::begin(RunCreated created, std::vector<Blob> texts) {
  // One commit: a run that has only some of its first tasks would be another run.
  FirstFacts facts = first_facts(std::move(created), std::move(texts), parts_.workflow);
  tell_together(std::move(facts.events), std::move(facts.texts));
}

// In one commit: of what belongs together, a crash leaves all or nothing.
void Driver::tell_together(std::vector<Event> facts, std::vector<Blob> texts) {
  if (over_ || run_.status != RunStatus::kRunning) return;
  std::vector<Event> events;
  for (Event& fact : facts) {
    std::vector<Event> more = step(run_, std::move(fact), parts_.rules);
    events.insert(events.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
  }
  // While there still is room for settling what is in flight.
  if (run_.status == RunStatus::kRunning && !run_.stopping && parts_.journal.is_short_of_room()) {
    std::vector<Event> more =
        step(run_, StopRequested{parts_.scheduler.now(), "the journal's disk is nearly full"},
             parts_.rules);
    events.insert(events.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
  }
  record(std::move(events), std::move(texts));
}

void Driver::resume(RunState state, std::vector<Event> asked) {
  run_ = std::move(state);
  // Only noted: what the process before had in flight is ended before anything is decided.
  for (const Event& fact : asked) evolve(run_, fact);
  if (Status read = conversations_.restore(run_, parts_.journal); !read) return fail(read.error());
  // Findings of checkers that a model's answer is still to join.
  for (const Task& task : run_.tasks) {
    if (task.ended() || !task.checked || task.findings.empty()) continue;
    Result<std::string> text = parts_.journal.blob(task.findings);
    if (!text) return fail(text.error());
    findings_[task.spec.id] = std::move(*text);
  }
  // Those of the process before this one; what follows now may form others.
  const std::map<BatchId, OpenBatch> to_collect = run_.batches;
  for (const Task& task : run_.tasks) {
    if (task.ended() && task.spec.leads && !task.followed) ended_leads_.push_back(task.spec.id);
  }
  // One commit: what is asked for and not begun would be asked for in vain.
  std::vector<Event> events = step(run_, RunResumed{parts_.scheduler.now()}, parts_.rules);
  events.insert(events.begin(), std::make_move_iterator(asked.begin()),
                std::make_move_iterator(asked.end()));
  record(std::move(events), {});
  collect(to_collect);
}

void Driver::stop(std::string why) {
  if (!over_ && !run_.stopping) tell(StopRequested{parts_.scheduler.now(), std::move(why)});
}

void Driver::cut() {
  stop();
  for (const auto& [call, transfer] : transfers_) parts_.http.cancel(transfer->id);
}

void Driver::tell(Event fact, std::vector<Blob> texts) {
  std::vector<Event> facts;
  facts.push_back(std::move(fact));
  tell_together(std::move(facts), std::move(texts));
}

// What needs no durability (a prompt is prepared, nothing leaves the process) follows at once, so
// that it can share the commit; everything else waits for the journal.
void Driver::record(std::vector<Event> events, std::vector<Blob> texts) {
  if (events.empty()) return;
  for (const Event& event : events) {
    conversations_.follow(event);
    if (const auto* attempt = std::get_if<AttemptStarted>(&event))
      starting_.push_back(attempt->task);
    if (const auto* turn = std::get_if<TurnStarted>(&event)) starting_.push_back(turn->task);
    if (const auto* finished = std::get_if<TaskFinished>(&event)) note_end(finished->task);
    if (const auto* skipped = std::get_if<TaskSkipped>(&event)) note_end(skipped->task);
  }
  parts_.on_change(run_, events);
  std::vector<Event> instructions;
  std::copy_if(events.begin(), events.end(), std::back_inserter(instructions), is_instruction);
  parts_.journal.append(
      run_.created.run, std::move(events), std::move(texts),
      [this, alive = alive_, instructions = std::move(instructions)](const Status& status) {
        if (!*alive || over_) return;
        if (!status) return fail(status.error());
        for (const Event& event : instructions) carry_out(event);
      });
  prepare_started();
  add_followers();
  set_alarm();
}

// Preparing one attempt may end it (no budget, no price) and start the next: a loop, not a descent.
void Driver::prepare_started() {
  if (preparing_) return;
  preparing_ = true;
  while (!starting_.empty()) {
    const TaskId task = starting_.front();
    starting_.pop_front();
    prepare(task);
  }
  preparing_ = false;
}

void Driver::carry_out(const Event& event) {
  if (over_) return;
  if (const auto* reserved = std::get_if<CallReserved>(&event)) return send(*reserved);
  if (const auto* checkers = std::get_if<CheckersStarted>(&event)) return check(checkers->task);
  if (const auto* tools = std::get_if<ToolsStarted>(&event)) return use_tools(tools->task);
  if (const auto* asked = std::get_if<ApprovalAsked>(&event)) return ask_for(asked->gate);
  if (const auto* formed = std::get_if<BatchFormed>(&event)) return submit(*formed);
  if (const auto* asked = std::get_if<AllotmentAsked>(&event)) return reserve_in_store(*asked);
  if (const auto* asked = std::get_if<PrefixAsked>(&event)) return ask_fleet(asked->prefix);
  if (std::holds_alternative<RunEnded>(event)) {
    over_ = true;
    parts_.on_end({});
  }
}

void Driver::prepare(TaskId id) {
  const Task& task = run_.task(id);
  Ask ask = parts_.workflow.ask(run_, task);
  if (auto* result = std::get_if<std::string>(&ask))
    return finish_without_call(id, std::move(*result));
  Prompt prompt = std::get<Prompt>(std::move(ask));
  prompt.turns = conversations_.of(id);
  const Instant now = parts_.scheduler.now();
  const Model* model = parts_.rules.catalog->find(task.model);
  PlannedCall call = plan_call(task, std::move(prompt), model, now);
  CallPrepared fact = described(call, id, model, parts_.endpoint.is_direct(), now);
  planned_.insert_or_assign(id, std::move(call));
  tell(std::move(fact));
}

void Driver::finish_without_call(TaskId task, std::string result) {
  Blob blob = make_blob(std::move(result));
  TaskFinished finished{parts_.scheduler.now(), task, blob.id};
  answers_[task] = blob.text;
  std::vector<Blob> texts;
  texts.push_back(std::move(blob));
  tell(std::move(finished), std::move(texts));
}

void Driver::send(const CallReserved& event) {
  auto planned = planned_.extract(event.task);
  BATON_CHECK(!planned.empty());
  PlannedCall& plan = planned.mapped();
  if (!run_.open_calls.contains(event.call)) return;  // its batch was dissolved meanwhile
  if (plan.request.max_output != event.max_output) {
    plan.request.max_output = event.max_output;
    if (!event.batch) plan.body = messages_body(plan.request);
  }
  if (event.batch) {
    batch_params_[event.call] = messages_body(plan.request, Delivery::kBatch);
    return;
  }
  if (run_.stopping || run_.halt) {
    // The stop came while the reservation was being made durable: nothing has been sent.
    give_up_place(event.call);
    const CallNotBilled unsent{.kind = FailureKind::kCancelled,
                               .message = "stopped before it was sent"};
    return tell(booked_end(run_, event.call, unsent, Verdict::kNone, {}, *parts_.rules.catalog,
                           parts_.scheduler.now()));
  }
  auto transfer = std::make_unique<Transfer>();
  transfer->reply = MessagesReply(plan.request.prompt.ttl);
  transfer->task = event.task;
  transfer->ticket = claim_ticket(event.call);
  const auto prefix = run_.prefixes.find(run_.open_calls.at(event.call).prefix);
  transfer->opens_gate = prefix != run_.prefixes.end() && prefix->second.writer == event.call;
  HttpHandlers handlers;
  const CallId call = event.call;
  handlers.on_head = [this, alive = alive_, call](int status, const HttpHeaders& headers) {
    if (*alive) hear_head(call, status, headers);
  };
  handlers.on_body = [this, alive = alive_, call](std::string_view bytes) {
    if (*alive) hear(call, bytes);
  };
  handlers.on_end = [this, alive = alive_, call](const TransferEnd& end) {
    if (*alive) end_call(call, end);
  };
  transfer->id = parts_.http.start(request_with(std::move(plan.body)), std::move(handlers));
  transfers_.emplace(call, std::move(transfer));
}

HttpRequest Driver::request_with(std::string body) const {
  HttpRequest request;
  request.url = parts_.endpoint.messages_url();
  request.headers = headers_;
  request.body = std::move(body);
  return request;
}

// ---- batches ----

// Unique at the provider, so that a batch can be recognised as ours by its results.
std::string Driver::item_name(CallId call) const {
  return fmt::format("{}-{}", run_.created.run, call.to_string());
}

void Driver::submit(const BatchFormed& event) {
  // Whoever resumes the run finds that the provider knows nothing of it.
  if (run_.stopping || run_.halt) return;
  if (parts_.scheduler.now() - event.at > kLatestCreate) return give_up_batch(event);
  BatchJob job;
  job.batch = event.batch;
  job.formed = event.at;
  for (const CallId call : event.calls) {
    auto params = batch_params_.extract(call);
    BATON_CHECK(!params.empty());
    const std::string name = item_name(call);
    batched_[name] = call;
    job.custom.insert(name);
    job.items.push_back({name, std::move(params.mapped())});
  }
  batches_.start(std::move(job));
}

void Driver::give_up_batch(const BatchFormed& event) {
  const CallNotBilled unsent{.kind = FailureKind::kUnavailable,
                             .message = "the process stood still before its batch was sent"};
  for (const CallId call : event.calls) {
    batch_params_.erase(call);
    book(call, unsent);
  }
}

// Known by name, or to be looked for.
void Driver::collect(const std::map<BatchId, OpenBatch>& batches) {
  for (const auto& [id, batch] : batches) {
    BatchJob job;
    job.batch = id;
    job.name = batch.name;
    job.formed = batch.formed;
    for (const CallId call : batch.calls) {
      batched_[item_name(call)] = call;
      job.custom.insert(item_name(call));
    }
    batches_.start(std::move(job));
  }
}

// ---- calls ----

std::optional<Pacer::Ticket> Driver::claim_ticket(CallId call) const {
  Pacer* pacer = parts_.rules.pacer;
  return pacer == nullptr ? std::nullopt : pacer->claim(run_.created.run, call);
}

// The call will not be sent after all: others can have its place.
void Driver::give_up_place(CallId call) const {
  const Usage nothing;
  if (const auto ticket = claim_ticket(call))
    parts_.rules.pacer->ended(*ticket, &nothing, parts_.scheduler.now());
}

// What the limits leave may let others go that waited for it.
void Driver::hear_head(CallId call, int status, const HttpHeaders& headers) {
  const Instant now = parts_.scheduler.now();
  Transfer& transfer = *transfers_.at(call);
  transfer.reply.head(status, headers, now);
  if (!transfer.ticket) return;
  parts_.rules.pacer->heard(*transfer.ticket, rate_limits(headers, now), now);
  if (!run_.prepared.empty()) look_again();
}

void Driver::tell_pacer(const Transfer& transfer, const CallOutcome& outcome) const {
  if (!transfer.ticket) return;
  Pacer& pacer = *parts_.rules.pacer;
  const Instant now = parts_.scheduler.now();
  if (const auto* settled = std::get_if<CallSettled>(&outcome))
    return pacer.ended(*transfer.ticket, &settled->usage, now);
  const auto* refused = std::get_if<CallNotBilled>(&outcome);
  if (refused == nullptr) return pacer.ended(*transfer.ticket, nullptr, now);
  if (refused->kind == FailureKind::kThrottled)
    return pacer.throttled(*transfer.ticket, refused->retry_after, now);
  const Usage nothing;
  pacer.ended(*transfer.ticket, &nothing, now);
}

void Driver::hear(CallId call, std::string_view bytes) {
  Transfer& transfer = *transfers_.at(call);
  transfer.reply.feed(bytes, [&](std::string_view piece) {
    std::vector<Blob> texts;
    std::vector<Event> facts;
    for (NewTask& task : parts_.workflow.read_piece(run_.task(transfer.task), piece))
      facts.push_back(placed(parts_.workflow, std::move(task), parts_.scheduler.now(), texts));
    if (!facts.empty()) tell_together(std::move(facts), std::move(texts));
  });
  if (transfer.opens_gate && transfer.reply.begun()) {
    transfer.opens_gate = false;
    tell_fleet(call);
    tell(FirstByte{parts_.scheduler.now(), call});
  }
  // What comes now is neither read nor the end of it: waiting on would hold the call open for
  // nothing.
  if (transfer.reply.broken()) parts_.http.cancel(transfer.id);
}

void Driver::end_call(CallId call, const TransferEnd& end) {
  const std::unique_ptr<Transfer> transfer = std::move(transfers_.extract(call).mapped());
  CallOutcome outcome = transfer->reply.end(end);
  tell_pacer(*transfer, outcome);
  book(call, std::move(outcome));
}

void Driver::book(CallId call, CallOutcome outcome) {
  const TaskId task = run_.open_calls.at(call).task;
  Appraisal appraisal{Verdict::kNone, {}, {}};
  std::vector<Blob> texts;
  const auto store = [&texts](std::string text) {
    if (text.empty()) return BlobId();
    texts.push_back(make_blob(std::move(text)));
    return texts.back().id;
  };
  BlobId answer, content, reply;
  if (auto* settled = std::get_if<CallSettled>(&outcome)) {
    appraisal = parts_.workflow.judge(run_.task(task), *settled);
    if (appraisal.verdict == Verdict::kAccepted) answers_[task] = settled->text;
    if (!appraisal.reply.empty() || appraisal.verdict == Verdict::kTools) {
      conversations_.hold(task, {answer_blocks(*settled), appraisal.reply, false});
      reply = store(std::move(appraisal.reply));
      content = store(std::move(settled->content));
    }
    texts.push_back(make_blob(std::move(settled->text)));
    answer = texts.back().id;
  }
  CallEnded ended = booked_end(run_, call, outcome, appraisal.verdict, std::move(answer),
                               *parts_.rules.catalog, parts_.scheduler.now());
  ended.content = std::move(content);
  ended.reply = std::move(reply);
  if (ended.message.empty()) ended.message = std::move(appraisal.why);
  tell(std::move(ended), std::move(texts));
}

void Driver::check(TaskId task) {
  parts_.run_checkers(parts_.workflow.checkers_for(task),
                      [this, alive = alive_, task](Result<CheckersResult> result) {
                        if (!*alive || over_ || run_.task(task).status != TaskStatus::kChecking)
                          return;
                        if (!result) return stop(result.error().message);
                        Blob findings = make_blob(std::move(result->findings));
                        findings_[task] = findings.text;
                        if (!result->covered) parts_.workflow.checked(task, findings.text);
                        CheckersEnded fact{parts_.scheduler.now(), task, findings.id,
                                           std::move(result->note), result->covered};
                        std::vector<Blob> texts;
                        texts.push_back(std::move(findings));
                        tell(std::move(fact), std::move(texts));
                      });
}

void Driver::use_tools(TaskId id) {
  // Whoever resumes the run runs them.
  if (run_.stopping || run_.halt) return;
  Task task = run_.task(id);
  // Whichever binds first is what the model is told of.
  if (const auto most = run_.created.limits.turns)
    task.spec.limits.turns = std::min(*most, task.spec.limits.turns.value_or(*most));
  const ToolsRequest request{task, tool_uses_in(conversations_.held(id))};
  parts_.run_tools(request, [this, alive = alive_, id](Result<ToolsResult> result) {
    if (!*alive || over_ || run_.task(id).status != TaskStatus::kUsingTools) return;
    if (!result) return stop(result.error().message);
    ToolsEnded fact{parts_.scheduler.now(), id, std::move(result->calls), {}, {},
                    result->workspace};
    std::vector<Blob> texts;
    if (result->result.empty()) {
      conversations_.reply(id, result->reply);
      texts.push_back(make_blob(std::move(result->reply)));
      fact.reply = texts.back().id;
    } else {
      answers_[id] = result->result;
      texts.push_back(make_blob(std::move(result->result)));
      fact.result = texts.back().id;
    }
    tell(std::move(fact), std::move(texts));
  });
}

void Driver::ask_for(const std::string& gate) {
  parts_.ask_approval(gate, [this, alive = alive_, gate](std::optional<bool> answer) {
    if (!*alive || over_) return;
    if (!answer) return stop(fmt::format("the {} waits for approval", gate));
    tell(ApprovalGiven{parts_.scheduler.now(), gate, *answer});
  });
}

// One commit: a crash in between would bring them twice.
void Driver::add_followers() {
  while (!ended_leads_.empty() && run_.status == RunStatus::kRunning) {
    const TaskId id = ended_leads_.front();
    ended_leads_.pop_front();
    const Instant now = parts_.scheduler.now();
    std::vector<Blob> texts;
    std::vector<Event> facts;
    for (NewTask& task : parts_.workflow.follow_up(run_, run_.task(id)))
      facts.push_back(placed(parts_.workflow, std::move(task), now, texts));
    facts.push_back(TaskFollowed{now, id});
    tell_together(std::move(facts), std::move(texts));
  }
}

// One alarm is enough: whatever happens before it sets the next one.
void Driver::set_alarm() {
  const Instant now = parts_.scheduler.now();
  const std::optional<Instant> next = next_wake(run_, parts_.rules, now);
  if (!next || (alarm_ && *alarm_ <= *next)) return;
  alarm_ = next;
  parts_.scheduler.after(*next - now, [this, alive = alive_, at = *next] {
    if (!*alive || over_ || alarm_ != at) return;
    alarm_.reset();
    look_again();
    set_alarm();
  });
}

// Whether time alone, or what was learned of the limits, has decided something.
void Driver::look_again() {
  if (!over_ && run_.status == RunStatus::kRunning)
    record(tick(run_, parts_.scheduler.now(), parts_.rules), {});
}

void Driver::reserve_in_store(const AllotmentAsked& event) {
  // The run's end, which is on its way to the store, gives back what it has: nothing may follow.
  if (run_.status != RunStatus::kRunning) return;
  const DayCap cap{run_.created.project, event.day, run_.created.caps.day.value_or(Money())};
  parts_.journal.allot(run_.created.run, cap, event.amount,
                       [this, alive = alive_, day = event.day](const Result<Money>& amount) {
                         if (!*alive || over_) return;
                         if (!amount) return fail(amount.error());
                         tell(DayAllotted{parts_.scheduler.now(), day, *amount});
                       });
}

// A gate only saves money: where the fleet cannot answer, the run goes on as if it were alone.
void Driver::ask_fleet(const std::string& prefix) {
  const auto answered = [this, alive = alive_, prefix](const Result<PrefixAnswer>& answer) {
    if (!*alive || over_) return;
    const auto known = run_.prefixes.find(prefix);
    if (known == run_.prefixes.end() || known->second.fleet != CacheEntry::Fleet::kAsked) return;
    PrefixTold fact{parts_.scheduler.now(), prefix, true, {}};
    if (answer) {
      fact.ours = answer->mine;
      fact.readable_for = answer->readable_for;
    }
    tell(std::move(fact));
  };
  Fleet* fleet = parts_.journal.fleet();
  if (fleet == nullptr) return answered(PrefixAnswer{.mine = true, .readable_for = {}});
  fleet->ask_prefix(prefix, parts_.rules.longest_gate, answered);
}

// What its call writes can be read from now on, by runs elsewhere too.
void Driver::tell_fleet(CallId call) {
  const OpenCall& open = run_.open_calls.at(call);
  if (Fleet* fleet = parts_.journal.fleet())
    fleet->prefix_written(open.prefix, run_.task(open.task).prepared->prefix_ttl);
}

// Findings of checkers count even if no model could do the rest.
void Driver::note_end(TaskId task) {
  const auto answer = answers_.extract(task);
  const auto findings = findings_.extract(task);
  parts_.workflow.finished(run_.task(task), answer ? answer.mapped() : std::string(),
                           findings ? findings.mapped() : std::string());
  if (run_.task(task).spec.leads) ended_leads_.push_back(task);
}

void Driver::fail(const Error& error) {
  over_ = true;
  for (const auto& [call, transfer] : transfers_) parts_.http.cancel(transfer->id);
  for (const auto& [call, open] : run_.open_calls) give_up_place(call);
  parts_.on_end(error);
}

}  // namespace baton
