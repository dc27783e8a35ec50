#include "shell/batch_runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "provider/api_reply.h"

namespace baton {
namespace {

constexpr Millis kFirstWait = Millis(500);
// A batch that was taken shows in the list within moments; looked for so often, over half a minute,
// before it is called not created.
constexpr int kLooks = 5;
// Of a hundred batches each: nobody has created more since.
constexpr int kMostPages = 100;
// Our clock may have been hours ahead of the provider's: a batch as old as this may still be ours.
constexpr Millis kClockSkew = Millis::seconds(48 * 3600);
constexpr int kMostRefusals = 20;
// What was created a moment ago may not be found everywhere yet.
constexpr int kMostMisses = 5;
constexpr std::size_t kMostRuledOut = 1000;

// An error of the server's own bills no call, but may come after a batch was taken.
bool may_have_been_done(const CallNotBilled& refused) {
  return refused.http_status >= 500 && refused.http_status != 529;
}

CallNotBilled unusable(std::string message) {
  return {.kind = FailureKind::kUnavailable, .message = std::move(message)};
}

CallUnknown untold(std::string message) {
  return CallUnknown{.kind = FailureKind::kCut, .message = std::move(message), .seen = {}};
}

}  // namespace

struct BatchRunner::Work {
  BatchJob job;
  Millis wait = kFirstWait;
  int refusals = 0;  // in a row
  int misses = 0;
  int looks = 0;
  int pages = 0;                 // of this look at the list
  std::set<std::string> listed;  // by them
  bool recognised = false;       // the batch of that name is ours
  // Names of batches that may be ours, by how far from our forming they were made; nearest last.
  std::vector<std::pair<Millis, std::string>> candidates;
  std::set<std::string> ruled_out;
  std::unique_ptr<BatchResults> results;
};

BatchRunner::BatchRunner(Scheduler& scheduler, HttpClient& http, const Endpoint& endpoint,
                         Millis poll, Handlers handlers)
    : scheduler_(scheduler),
      http_(http),
      endpoint_(endpoint),
      headers_(messages_headers(endpoint)),
      longest_wait_(poll),
      handlers_(std::move(handlers)),
      alive_(std::make_shared<bool>(true)) {}

BatchRunner::~BatchRunner() {
  *alive_ = false;
}

void BatchRunner::start(BatchJob job) {
  const BatchId batch = job.batch;
  auto owned = std::make_unique<Work>();
  Work& work = *owned;
  work.job = std::move(job);
  works_.insert_or_assign(batch, std::move(owned));
  if (!work.job.name.empty()) {
    work.recognised = true;
    return poll(work);
  }
  if (work.job.items.empty()) return look_for(work, {});
  create(work);
}

// ---- asking ----

void BatchRunner::ask(Work& work, HttpRequest request, Read read) {
  request.headers = headers_;
  auto reply = std::make_shared<ApiReply>();
  const BatchId batch = work.job.batch;
  HttpHandlers handlers;
  handlers.on_head = [&scheduler = scheduler_, reply](int status, const HttpHeaders& headers) {
    reply->head(status, headers, scheduler.now());
  };
  handlers.on_body = [reply](std::string_view bytes) { reply->feed(bytes); };
  handlers.on_end = [this, alive = alive_, batch, reply,
                     read = std::move(read)](const TransferEnd& end) {
    if (!*alive || !works_.contains(batch)) return;
    read(*works_.at(batch), reply->end(end));
  };
  http_.start(std::move(request), std::move(handlers));
}

void BatchRunner::later(Work& work, void (BatchRunner::*what)(Work&)) {
  const Millis wait = std::min(work.wait, longest_wait_);
  work.wait = std::min(work.wait * 2, longest_wait_);
  scheduler_.after(wait, [this, alive = alive_, batch = work.job.batch, what] {
    if (*alive && works_.contains(batch)) (this->*what)(*works_.at(batch));
  });
}

// A question that was refused is asked again, but not for ever.
bool BatchRunner::must_give_up(Work& work, const CallNotBilled& refused) {
  const bool never_heals = refused.kind == FailureKind::kDenied;
  if (!never_heals && ++work.refusals < kMostRefusals) return false;
  give_up(work, refused.message);
  return true;
}

void BatchRunner::give_up(Work& work, const std::string& why) {
  const BatchId batch = work.job.batch;
  works_.erase(batch);
  handlers_.on_stuck(batch, why);
}

// ---- creating ----

void BatchRunner::create(Work& work) {
  Result<std::string> body = batch_body(work.job.items);
  work.job.items.clear();
  if (!body) {
    return end_all(work,
                   CallNotBilled{.kind = FailureKind::kRejected, .message = body.error().message});
  }
  HttpRequest request;
  request.url = batches_url(endpoint_);
  request.body = std::move(*body);
  ask(work, std::move(request), [this](Work& w, ApiReply::Outcome o) { created(w, std::move(o)); });
}

void BatchRunner::created(Work& work, ApiReply::Outcome outcome) {
  const auto* refused = std::get_if<CallNotBilled>(&outcome);
  if (refused != nullptr && !may_have_been_done(*refused)) return end_all(work, *refused);
  if (const auto* body = std::get_if<std::string>(&outcome)) {
    if (Result<BatchStatus> status = batch_status(*body)) {
      work.job.name = status->id;
      work.recognised = true;
      handlers_.on_accepted(work.job.batch, work.job.name);
      return later(work, &BatchRunner::poll);
    }
  }
  look_for(work, {});
}

// ---- looking for what may have been created ----

void BatchRunner::look_for(Work& work, const std::string& after) {
  if (after.empty()) {
    work.pages = 0;
    work.listed.clear();
  }
  HttpRequest request;
  request.method = HttpRequest::Method::kGet;
  request.url = batches_list_url(endpoint_, after);
  ask(work, std::move(request), [this](Work& w, ApiReply::Outcome o) { listed(w, std::move(o)); });
}

void BatchRunner::look_again(Work& work) {
  const Millis wait = std::min(work.wait * 4, longest_wait_);
  work.wait = std::min(work.wait * 2, longest_wait_);
  scheduler_.after(wait, [this, alive = alive_, batch = work.job.batch] {
    if (*alive && works_.contains(batch)) look_for(*works_.at(batch), {});
  });
}

void BatchRunner::listed(Work& work, ApiReply::Outcome outcome) {
  if (const auto* refused = std::get_if<CallNotBilled>(&outcome)) {
    if (!must_give_up(work, *refused)) look_again(work);
    return;
  }
  const auto* body = std::get_if<std::string>(&outcome);
  const Result<BatchList> list =
      body == nullptr ? Result<BatchList>(input_error("no list came")) : batch_list(*body);
  if (!list) {
    if (!must_give_up(work, unusable(list.error().message))) look_again(work);
    return;
  }
  if (note_candidates(work, *list) && !list->next_after.empty()) {
    if (++work.pages < kMostPages) return look_for(work, list->next_after);
    if (work.candidates.empty()) {
      if (!must_give_up(work, unusable("the list of batches does not end"))) look_again(work);
      return;
    }
  }
  std::sort(work.candidates.rbegin(), work.candidates.rend());
  if (!work.candidates.empty()) return next_candidate(work);
  if (++work.looks < kLooks) return look_again(work);
  end_all(work, unusable("the batch was not created: the provider lists none"));
}

// Whether those on the next page may be ours, too: not behind older ones, nor where a page shows
// again what was shown before.
bool BatchRunner::note_candidates(Work& work, const BatchList& page) {
  bool goes_on = true;
  for (const BatchStatus& batch : page.batches) {
    const bool older = batch.created_at + kClockSkew < work.job.formed;
    const bool shown = !work.listed.insert(batch.id).second;
    goes_on = goes_on && !older && !shown;
    const bool may_be_ours =
        !older && !shown &&
        batch.counts.total() == static_cast<std::int64_t>(work.job.custom.size());
    if (!may_be_ours || work.ruled_out.contains(batch.id)) continue;
    const Millis apart = batch.created_at - work.job.formed;
    work.candidates.emplace_back(std::max(apart, apart * -1), batch.id);
  }
  return goes_on;
}

void BatchRunner::next_candidate(Work& work) {
  if (work.candidates.empty()) return look_for(work, {});
  work.job.name = work.candidates.back().second;
  work.candidates.pop_back();
  work.wait = kFirstWait;
  poll(work);
}

void BatchRunner::rule_out(Work& work) {
  work.ruled_out.insert(work.job.name);
  work.job.name.clear();
  if (work.ruled_out.size() >= kMostRuledOut) return give_up(work, "none of its batches is ours");
  next_candidate(work);
}

// ---- polling ----

void BatchRunner::poll(Work& work) {
  HttpRequest request;
  request.method = HttpRequest::Method::kGet;
  request.url = batch_url(endpoint_, work.job.name);
  ask(work, std::move(request), [this](Work& w, ApiReply::Outcome o) { polled(w, std::move(o)); });
}

void BatchRunner::polled(Work& work, ApiReply::Outcome outcome) {
  if (const auto* refused = std::get_if<CallNotBilled>(&outcome)) {
    if (refused->http_status == 404) return gone(work);
    if (!must_give_up(work, *refused)) later(work, &BatchRunner::poll);
    return;
  }
  const auto* body = std::get_if<std::string>(&outcome);
  const Result<BatchStatus> status =
      body == nullptr ? Result<BatchStatus>(input_error("no answer came")) : batch_status(*body);
  if (!status) {
    if (!must_give_up(work, unusable(status.error().message))) later(work, &BatchRunner::poll);
    return;
  }
  work.refusals = 0;
  if (status->state != BatchState::kEnded) return later(work, &BatchRunner::poll);
  work.wait = kFirstWait;
  fetch_results(work);
}

// The provider knows the batch, or its results, no more.
void BatchRunner::gone(Work& work) {
  if (!work.recognised) return rule_out(work);
  if (++work.misses < kMostMisses) return later(work, &BatchRunner::poll);
  end_all(work,
          untold(fmt::format("the provider does not know its batch {} any more", work.job.name)));
}

// ---- results ----

void BatchRunner::fetch_results(Work& work) {
  HttpRequest request;
  request.method = HttpRequest::Method::kGet;
  request.url = batch_results_url(endpoint_, work.job.name);
  request.headers = headers_;
  work.results = std::make_unique<BatchResults>();
  const BatchId batch = work.job.batch;
  auto status = std::make_shared<int>(0);
  HttpHandlers handlers;
  handlers.on_head = [status](int code, const HttpHeaders&) { *status = code; };
  handlers.on_body = [this, alive = alive_, batch, status](std::string_view bytes) {
    if (!*alive || !works_.contains(batch) || *status != 200) return;
    Items items;
    works_.at(batch)->results->feed(bytes, [&](std::string_view id, CallOutcome outcome) {
      items.emplace_back(id, std::move(outcome));
    });
    deliver(batch, std::move(items));
  };
  handlers.on_end = [this, alive = alive_, batch, status](const TransferEnd& end) {
    if (!*alive || !works_.contains(batch)) return;
    const bool whole = *status == 200 && end.kind == TransferEnd::Kind::kComplete;
    if (whole) return finish_results(*works_.at(batch));
    if (*status == 404) return gone(*works_.at(batch));
    const std::string why = fmt::format("its results did not come: {} {}", *status, end.message);
    if (!must_give_up(*works_.at(batch), unusable(why)))
      later(*works_.at(batch), &BatchRunner::fetch_results);
  };
  http_.start(std::move(request), std::move(handlers));
}

void BatchRunner::finish_results(Work& work) {
  const BatchId batch = work.job.batch;
  Items last;
  // A line that could not be read leaves its item unnamed, which is told below.
  (void)work.results->end(
      [&](std::string_view id, CallOutcome outcome) { last.emplace_back(id, std::move(outcome)); });
  deliver(batch, std::move(last));
  const auto still = works_.find(batch);
  if (still == works_.end()) return;
  Work& rest = *still->second;
  if (rest.recognised) return end_all(rest, untold("the results of its batch do not tell of it"));
  rule_out(rest);
}

// Each end may be the last of the work, or of the one who is told.
void BatchRunner::deliver(BatchId batch, Items&& items) {
  const std::shared_ptr<bool> alive = alive_;
  for (auto& [custom_id, outcome] : items) {
    const auto found = works_.find(batch);
    if (found == works_.end()) return;
    Work& work = *found->second;
    if (work.job.custom.erase(custom_id) == 0) continue;
    const bool first = !work.recognised;
    const bool last = work.job.custom.empty();
    const std::string name = work.job.name;
    work.recognised = true;
    if (last) works_.erase(found);
    if (first) handlers_.on_accepted(batch, name);
    if (*alive) handlers_.on_item(batch, custom_id, std::move(outcome));
    if (!*alive) return;
  }
}

void BatchRunner::end_all(Work& work, const CallOutcome& outcome) {
  Items items;
  for (const std::string& custom_id : work.job.custom) items.emplace_back(custom_id, outcome);
  work.recognised = true;
  deliver(work.job.batch, std::move(items));
}

}  // namespace baton
