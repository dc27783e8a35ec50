#include "callers.h"

#include <fmt/format.h>

#include <cstdlib>

namespace baton::bench {
namespace {

Instant at(int number) {
  return Instant::from_unix_ms(1'795'197'891'250 + number);
}

Event call_ended(int number, const BlobId& answer) {
  return CallEnded{.at = at(number),
                   .call = CallId(number),
                   .charge = Money::pico(1'234'567'000),
                   .usage = {.input = Tokens(1'200), .output = Tokens(340)},
                   .verdict = Verdict::kAccepted,
                   .answer = answer,
                   .request_id = "req_0123456789abcdefghijklmn"};
}

// No two are the same, and each is of the length of one finding.
Blob answer_of(int number) {
  return make_blob(fmt::format(
      R"({{"findings":[{{"file":"src/part_{:04}.cc","line":{},"severity":"low","title":"A name that says nothing","detail":"`sum_{}` adds a constant: say which, and why it is added here and not where it is read."}}]}})",
      number % 1009, number, number));
}

Event call_reserved(int number) {
  return CallReserved{.at = at(number),
                      .call = CallId(number),
                      .task = TaskId(number),
                      .model = "claude-haiku-4-5",
                      .max_output = Tokens(4'000),
                      .hold = Money::pico(23'204'000'000),
                      .price_date = "2025-10-15"};
}

Event call_prepared(int number) {
  return CallPrepared{.at = at(number),
                      .task = TaskId(number),
                      .content_key = std::string(64, 'c'),
                      .input_bound = Tokens(3'204),
                      .input_estimate = Tokens(801)};
}

std::vector<Event> end_of_call(int number, const BlobId& answer) {
  return {call_ended(number, answer), TaskFinished{at(number), TaskId(number), answer},
          AttemptStarted{at(number), TaskId(number + 1), 1, Tier::kFast, "claude-haiku-4-5",
                         Tokens(4'000), ""}};
}

}  // namespace

void stop(const Error& error) {
  fmt::print(stderr, "bench: {}\n", error.message);
  std::exit(1);
}

void TaskLoop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void TaskLoop::run_some() {
  std::vector<std::function<void()>> ready;
  {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !tasks_.empty(); });
    ready.swap(tasks_);
  }
  for (const auto& task : ready) task();
}

void Callers::start(const RunId& run, int callers) {
  waiting_ += callers;
  for (int i = 0; i < callers; ++i) append(run, 0);
}

void Callers::append(const RunId& run, int ended) {
  const int number = ++number_;
  switch (workload_) {
    case Workload::kEvent:
      return append_and_wait(run, number, {call_ended(number, BlobId(64, 'a'))}, 1);
    case Workload::kReserve:
      return append_and_wait(run, number, {call_reserved(number)}, 1);
    case Workload::kCall:
      break;
  }
  std::size_t durable = 2;
  if (ended != 0) {
    Blob answer = answer_of(ended);
    std::vector<Event> events = end_of_call(ended, answer.id);
    durable += events.size();
    std::vector<Blob> texts;
    texts.push_back(std::move(answer));
    journal_.append(run, std::move(events), std::move(texts), [](const Status& status) {
      if (!status) stop(status.error());
    });
  }
  append_and_wait(run, number, {call_prepared(number), call_reserved(number)}, durable);
}

void Callers::append_and_wait(const RunId& run, int number, std::vector<Event> events,
                              std::size_t durable) {
  journal_.append(run, std::move(events), {}, [this, run, number, durable](const Status& status) {
    if (!status) stop(status.error());
    ++appends_;
    durable_ += static_cast<std::int64_t>(durable);
    if (Clock::now() < end_) return append(run, number);
    --waiting_;
  });
}

}  // namespace baton::bench
