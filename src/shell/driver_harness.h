// For the tests of the driver: its journal, provider, tools and people, held until a test lets go.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "shell/driver.h"
#include "shell/loop.h"
#include "store/fleet.h"

namespace baton {

// A fleet of which only the prefixes are asked.
class HeldFleet : public Fleet {
 public:
  void submit(const RunId&, std::vector<Event>, std::vector<Blob>, QueueTerms,
              std::function<void(Status)>) override {}
  void requeue(const RunId&, std::function<void(Status)>) override {}
  void claim(const std::vector<std::string>&, int,
             std::function<void(Result<std::optional<ClaimedRun>>)>) override {}
  void on_work(std::function<void()>) override {}
  Result<std::vector<QueuedRun>> queue() override { return std::vector<QueuedRun>(); }
  Result<std::vector<WorkerSeen>> workers() override { return std::vector<WorkerSeen>(); }
  void ask_prefix(const std::string& prefix, Millis,
                  std::function<void(Result<PrefixAnswer>)> done) override {
    asked.emplace_back(prefix, std::move(done));
  }
  void prefix_written(const std::string& prefix, Millis readable_for) override {
    written.emplace_back(prefix, readable_for);
  }
  void on_view(std::function<void(const FleetView&)>) override {}
  void throttled(const std::string&, Millis) override {}

  std::vector<std::pair<std::string, std::function<void(Result<PrefixAnswer>)>>> asked;
  std::vector<std::pair<std::string, Millis>> written;
};

// A journal whose disk is as slow, or as broken, as a test wants.
class HeldJournal : public Journal {
 public:
  void append(const RunId&, std::vector<Event> events, std::vector<Blob> blobs,
              std::function<void(Status)> done) override {
    for (Blob& blob : blobs) texts[blob.id] = std::move(blob.text);
    if (log.empty()) first_append = events;
    log.insert(log.end(), events.begin(), events.end());
    waiting.push_back(std::move(done));
  }
  void flush(const Status& status = {}) {
    while (!waiting.empty()) {
      const auto done = std::move(waiting.front());
      waiting.erase(waiting.begin());
      done(status);
    }
  }
  void allot(const RunId&, const DayCap&, Money amount,
             std::function<void(Result<Money>)> done) override {
    asked.push_back(amount);
    waiting.push_back([this, done = std::move(done), amount](const Status& status) {
      const Money granted = std::min(amount, most_allotted.value_or(amount));
      done(status ? Result<Money>(granted) : Result<Money>(status.error()));
    });
  }
  Result<std::vector<Event>> events(const RunId&) override { return log; }
  Result<std::string> blob(const BlobId& id) override {
    const auto text = texts.find(id);
    return text == texts.end() ? Result<std::string>(not_found("no text")) : text->second;
  }
  Result<std::vector<RunSummary>> runs() override { return std::vector<RunSummary>(); }
  Result<std::optional<RunId>> run_with_key(const std::string&) override {
    return std::optional<RunId>();
  }
  Result<std::unique_ptr<RunLease>> lease(const RunId&) override {
    return std::make_unique<RunLease>();
  }
  Result<std::vector<Damage>> verify() override { return std::vector<Damage>(); }
  Fleet* fleet() override { return shared; }
  bool is_short_of_room() const override { return short_of_room; }

  bool short_of_room = false;
  Fleet* shared = nullptr;
  std::vector<Event> log;
  std::vector<Event> first_append;
  std::vector<std::function<void(Status)>> waiting;
  std::map<BlobId, std::string> texts;
  std::vector<Money> asked;
  std::optional<Money> most_allotted;
};

class HeldHttp : public HttpClient {
 public:
  TransferId start(HttpRequest request, HttpHandlers handlers) override {
    requests.push_back(std::move(request));
    open.push_back(std::move(handlers));
    return open.size();
  }
  void cancel(TransferId transfer) override { cancelled.push_back(transfer); }

  std::vector<HttpRequest> requests;
  std::vector<HttpHandlers> open;
  std::vector<TransferId> cancelled;
};

// One question, or the same one several times.
class Questions : public Workflow {
 public:
  std::vector<NewTask> first_tasks() override {
    std::vector<NewTask> tasks(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      TaskSpec& spec = tasks[static_cast<std::size_t>(i)].spec;
      spec.id = TaskId(i);
      spec.type = "question";
      spec.max_output = Tokens(1000);
      spec.batch = batch;
    }
    return tasks;
  }
  bool plans_itself() const override { return true; }
  void added(const TaskSpec&, std::string_view) override {}
  void finished(const Task&, std::string_view answer, std::string_view) override {
    answers.emplace_back(answer);
  }
  Ask ask(const RunState&, const Task& task) override {
    Prompt asked = prompt;
    if (ask_apart) asked.user.back().text += task.spec.id.to_string();
    return asked;
  }
  std::vector<NewTask> read_piece(const Task&, std::string_view) override { return {}; }
  Appraisal judge(const Task&, const CallSettled&) override {
    if (appraisals.empty()) return {};
    const Appraisal next = appraisals.front();
    appraisals.pop_front();
    return next;
  }
  CheckerRequest checkers_for(TaskId) const override { return {}; }

  int count = 1;
  bool batch = false;
  bool ask_apart = false;  // each task in words of its own
  Prompt prompt{.user = {{"why?"}}};
  std::deque<Appraisal> appraisals;  // of the next answers; the others are accepted
  std::vector<std::string> answers;
};

// What the model is told of its answer.
inline constexpr const char* kReply = R"([{"type":"text","text":"say more"}])";

inline constexpr std::string_view kAnswer =
    "event: message_start\n"
    R"(data: {"type":"message_start","message":{"model":"claude-haiku-4-5","usage":{"input_tokens":10,"output_tokens":1}}})"
    "\n\nevent: content_block_start\n"
    R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"
    "\n\nevent: content_block_delta\n"
    R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"because"}})"
    "\n\nevent: content_block_stop\n"
    R"(data: {"type":"content_block_stop","index":0})"
    "\n\nevent: message_delta\n"
    R"(data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":20}})"
    "\n\nevent: message_stop\n"
    R"(data: {"type":"message_stop"})"
    "\n\n";

class DriverTest : public testing::Test {
 protected:
  DriverTest() {
    rules.catalog = &Catalog::builtin();
    rules.models = {"claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-4-7"};
    endpoint.credentials.api_key = "secret";
  }

  void begin(std::optional<Money> budget = std::nullopt, Caps caps = {}) {
    RunCreated created;
    created.caps = std::move(caps);
    created.at = system_now();
    created.run = "r-test";
    created.budget = budget;
    created.parallel = 4;
    driver.begin(created, {});
  }
  void answer(std::size_t transfer) {
    http.open[transfer].on_head(200, {{"content-type", "text/event-stream"}});
    http.open[transfer].on_body(kAnswer);
    http.open[transfer].on_end({});
  }

  Loop loop;
  HeldJournal journal;
  HeldHttp http;
  Questions workflow;
  Rules rules;
  Endpoint endpoint;
  std::vector<Status> ends;
  // Tools that were asked for, and how their end is told.
  struct HeldTools {
    TaskId task;
    std::vector<ToolUse> uses;
    std::string workspace;
    std::function<void(Result<ToolsResult>)> done;
  };
  std::vector<HeldTools> tools;
  std::vector<std::function<void(std::optional<bool>)>> approvals;

  DriverParts parts() {
    return {
        loop,
        journal,
        http,
        workflow,
        rules,
        endpoint,
        {},
        [](const RunState&, const std::vector<Event>&) {},
        [this](const Status& status) { ends.push_back(status); },
        Millis(60'000),
        [this](const ToolsRequest& request, auto done) {
          tools.push_back(
              {request.task.spec.id, request.uses, request.task.workspace(), std::move(done)});
        },
        [this](const std::string&, auto answered) { approvals.push_back(std::move(answered)); }};
  }
  Driver driver{parts()};
};

}  // namespace baton
