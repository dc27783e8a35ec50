// The driver's calls: sent, heard, booked; one by one, or as a batch.
#include <fmt/format.h>

#include <utility>

#include "base/check.h"
#include "core/pacer.h"
#include "core/step.h"
#include "provider/rate_limits.h"
#include "shell/driver_transfer.h"

namespace baton {
namespace {

// A process that stood still may have lost its run to another one, which looks for its batch for
// half a minute and then calls it not created. From then on it may not be.
constexpr Millis kLatestCreate = Millis::seconds(15);

}  // namespace

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

}  // namespace baton
