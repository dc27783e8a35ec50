#include "shell/driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "core/step.h"

namespace baton {

struct Driver::Transfer {
  TaskId task;
  TransferId id = 0;
  MessagesReply reply;
};

namespace {

// What carry_out() acts upon; most events only tell what happened.
bool is_instruction(const Event& event) {
  return std::holds_alternative<CallReserved>(event) ||
         std::holds_alternative<CheckersStarted>(event) ||
         std::holds_alternative<RetryScheduled>(event) || std::holds_alternative<RunEnded>(event);
}

}  // namespace

Driver::Driver(DriverParts parts)
    : parts_(std::move(parts)),
      headers_(messages_headers(parts_.endpoint)),
      alive_(std::make_shared<bool>(true)) {}

Driver::~Driver() {
  *alive_ = false;
}

void Driver::begin(RunCreated created, std::vector<Blob> texts) {
  // One commit: a run that has only some of its first tasks would be another run.
  const Instant now = created.at;
  std::vector<Event> events = step(run_, std::move(created), parts_.rules);
  const auto also = [&](Event fact) {
    std::vector<Event> more = step(run_, std::move(fact), parts_.rules);
    events.insert(events.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
  };
  for (NewTask& task : parts_.workflow.first_tasks()) also(placed(std::move(task), now, texts));
  if (parts_.workflow.plans_itself()) also(PlanClosed{now});
  record(std::move(events), std::move(texts));
}

TaskAdded Driver::placed(NewTask task, Instant now, std::vector<Blob>& texts) {
  Blob brief = make_blob(std::move(task.brief));
  task.spec.brief = brief.id;
  parts_.workflow.added(task.spec, brief.text);
  texts.push_back(std::move(brief));
  return {now, std::move(task.spec)};
}

void Driver::resume(RunState state) {
  run_ = std::move(state);
  // Findings of checkers that a model's answer is still to join.
  for (const Task& task : run_.tasks) {
    if (task.ended() || task.findings.empty()) continue;
    Result<std::string> text = parts_.journal.blob(task.findings);
    if (!text) return fail(text.error());
    findings_[task.spec.id] = std::move(*text);
  }
  tell(RunResumed{Loop::now()});
}

void Driver::stop() {
  if (!over_ && !run_.stopping) tell(StopRequested{Loop::now()});
}

void Driver::cut() {
  stop();
  for (const auto& [call, transfer] : transfers_) parts_.http.cancel(transfer->id);
}

void Driver::tell(Event fact, std::vector<Blob> texts) {
  const bool resumes = std::holds_alternative<RunResumed>(fact);
  if (over_ || (run_.status != RunStatus::kRunning && !resumes)) return;
  std::vector<Event> events = step(run_, std::move(fact), parts_.rules);
  record(std::move(events), std::move(texts));
}

// What needs no durability (a prompt is prepared, nothing leaves the process) follows at once, so
// that it can share the commit; everything else waits for the journal.
void Driver::record(std::vector<Event> events, std::vector<Blob> texts) {
  if (events.empty()) return;
  for (const Event& event : events) {
    if (const auto* attempt = std::get_if<AttemptStarted>(&event)) starting_.push_back(*attempt);
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
}

// Preparing one attempt may end it (no budget, no price) and start the next: a loop, not a descent.
void Driver::prepare_started() {
  if (preparing_) return;
  preparing_ = true;
  while (!starting_.empty()) {
    const AttemptStarted attempt = std::move(starting_.front());
    starting_.pop_front();
    prepare(attempt);
  }
  preparing_ = false;
}

void Driver::carry_out(const Event& event) {
  if (over_) return;
  if (const auto* reserved = std::get_if<CallReserved>(&event)) return send(*reserved);
  if (const auto* checkers = std::get_if<CheckersStarted>(&event)) return check(checkers->task);
  if (const auto* retry = std::get_if<RetryScheduled>(&event)) return wake(retry->not_before);
  if (std::holds_alternative<RunEnded>(event)) {
    over_ = true;
    parts_.on_end({});
  }
}

void Driver::prepare(const AttemptStarted& event) {
  const Task& task = run_.task(event.task);
  Ask ask = parts_.workflow.ask(run_, task);
  if (auto* result = std::get_if<std::string>(&ask)) {
    Blob blob = make_blob(std::move(*result));
    TaskFinished finished{Loop::now(), event.task, blob.id};
    answers_[event.task] = blob.text;
    std::vector<Blob> texts;
    texts.push_back(std::move(blob));
    return tell(std::move(finished), std::move(texts));
  }
  const Model* model = parts_.rules.catalog->find(event.model);
  Prepared prepared;
  prepared.request.model = event.model;
  prepared.request.max_output = event.max_output;
  if (model != nullptr) prepared.request.max_output = std::min(event.max_output, model->max_output);
  prepared.request.prompt = std::get<Prompt>(std::move(ask));
  prepared.body = messages_body(prepared.request);
  const int tokenizer = model == nullptr ? 100 : model->tokenizer_percent;
  CallPrepared fact;
  fact.at = Loop::now();
  fact.task = event.task;
  fact.content_key = sha256_hex(prepared.body);
  fact.input_bound = input_bound(prepared.body);
  // A gateway may mark for caching what we did not.
  fact.cache_marked = prepared.request.prompt.cache_marked() || !parts_.endpoint.is_direct();
  fact.input_estimate = estimated_tokens(prepared.body.size(), tokenizer);
  prepared_.insert_or_assign(event.task, std::move(prepared));
  tell(std::move(fact));
}

void Driver::send(const CallReserved& event) {
  const auto found = prepared_.find(event.task);
  BATON_CHECK(found != prepared_.end());
  Prepared prepared = std::move(found->second);
  prepared_.erase(found);
  if (prepared.request.max_output != event.max_output) {
    prepared.request.max_output = event.max_output;
    prepared.body = messages_body(prepared.request);
  }
  if (run_.stopping || run_.halt) {
    // The stop came while the reservation was being made durable: nothing has been sent.
    const CallNotBilled unsent{.kind = FailureKind::kCancelled,
                               .message = "stopped before it was sent"};
    return tell(booked_end(run_, event.call, unsent, Verdict::kNone, {}, *parts_.rules.catalog,
                           Loop::now()));
  }
  auto transfer = std::make_unique<Transfer>();
  transfer->task = event.task;
  HttpRequest request;
  request.url = parts_.endpoint.messages_url();
  request.headers = headers_;
  request.body = std::move(prepared.body);
  HttpHandlers handlers;
  const CallId call = event.call;
  handlers.on_head = [this, alive = alive_, call](int status, const HttpHeaders& headers) {
    if (*alive) transfers_.at(call)->reply.head(status, headers, Loop::now());
  };
  handlers.on_body = [this, alive = alive_, call](std::string_view bytes) {
    if (*alive) hear(call, bytes);
  };
  handlers.on_end = [this, alive = alive_, call](const TransferEnd& end) {
    if (*alive) end_call(call, end);
  };
  transfer->id = parts_.http.start(std::move(request), std::move(handlers));
  transfers_.emplace(call, std::move(transfer));
}

void Driver::hear(CallId call, std::string_view bytes) {
  Transfer& transfer = *transfers_.at(call);
  transfer.reply.feed(bytes, [&](std::string_view piece) {
    for (NewTask& task : parts_.workflow.read_piece(run_.task(transfer.task), piece)) {
      std::vector<Blob> texts;
      TaskAdded added = placed(std::move(task), Loop::now(), texts);
      tell(std::move(added), std::move(texts));
    }
  });
  // What comes now is neither read nor the end of it: waiting on would hold the call open for
  // nothing.
  if (transfer.reply.broken()) parts_.http.cancel(transfer.id);
}

void Driver::end_call(CallId call, const TransferEnd& end) {
  const std::unique_ptr<Transfer> transfer = std::move(transfers_.extract(call).mapped());
  CallOutcome outcome = transfer->reply.end(end);
  Verdict verdict = Verdict::kNone;
  std::string why;
  std::vector<Blob> texts;
  BlobId answer;
  if (auto* settled = std::get_if<CallSettled>(&outcome)) {
    verdict = parts_.workflow.judge(run_.task(transfer->task), *settled, why);
    Blob blob = make_blob(std::move(settled->text));
    answer = blob.id;
    if (verdict == Verdict::kAccepted) answers_[transfer->task] = blob.text;
    texts.push_back(std::move(blob));
  }
  CallEnded ended = booked_end(run_, call, outcome, verdict, std::move(answer),
                               *parts_.rules.catalog, Loop::now());
  if (ended.message.empty()) ended.message = std::move(why);
  tell(std::move(ended), std::move(texts));
}

void Driver::check(TaskId task) {
  parts_.run_checkers(
      parts_.workflow.checkers_for(task), [this, alive = alive_, task](CheckersResult result) {
        if (!*alive || over_ || run_.task(task).status != TaskStatus::kChecking) return;
        Blob findings = make_blob(std::move(result.findings));
        findings_[task] = findings.text;
        CheckersEnded fact{Loop::now(), task, findings.id, std::move(result.note), result.covered};
        std::vector<Blob> texts;
        texts.push_back(std::move(findings));
        tell(std::move(fact), std::move(texts));
      });
}

void Driver::wake(Instant at) {
  parts_.loop.after(at - Loop::now(), [this, alive = alive_] {
    if (!*alive || over_ || run_.status != RunStatus::kRunning) return;
    record(tick(run_, Loop::now(), parts_.rules), {});
  });
}

// Findings of checkers count even if no model could do the rest.
void Driver::note_end(TaskId task) {
  const auto answer = answers_.extract(task);
  const auto findings = findings_.extract(task);
  parts_.workflow.finished(run_.task(task), answer ? answer.mapped() : std::string(),
                           findings ? findings.mapped() : std::string());
}

void Driver::fail(const Error& error) {
  over_ = true;
  for (const auto& [call, transfer] : transfers_) parts_.http.cancel(transfer->id);
  parts_.on_end(error);
}

}  // namespace baton
