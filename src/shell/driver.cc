#include "shell/driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/pacer.h"
#include "core/step.h"
#include "shell/driver_transfer.h"

namespace baton {

namespace {

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

}  // namespace

TaskAdded placed(Workflow& workflow, NewTask task, Instant now, std::vector<Blob>& texts) {
  Blob brief = make_blob(std::move(task.brief));
  task.spec.brief = brief.id;
  workflow.added(task.spec, brief.text);
  texts.push_back(std::move(brief));
  return {now, std::move(task.spec)};
}

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
