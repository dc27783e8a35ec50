#include "app/session.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "checker/selection.h"
#include "report/status_line.h"
#include "shell/checker_runner.h"
#include "shell/curl_client.h"
#include "shell/driver.h"
#include "store/sqlite_journal.h"

namespace baton {
namespace {

std::uint64_t random_number() {
  std::uint64_t number = 0;
  BATON_CHECK(::getrandom(&number, sizeof number, 0) == static_cast<ssize_t>(sizeof number));
  return number;
}

RunId new_run_id() {
  static constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id = "r-";
  std::uint64_t number = random_number();
  for (int i = 0; i < 12; ++i, number /= kLetters.size()) id += kLetters[number % kLetters.size()];
  return id;
}

bool is_terminal(std::FILE* out) {
  const char* term = std::getenv("TERM");
  return ::isatty(::fileno(out)) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

int terminal_width(std::FILE* out) {
  winsize size{};
  if (::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 100;
}

std::vector<std::string> names_of(const std::vector<Checker>& checkers) {
  std::vector<std::string> names;
  for (const Checker& checker : checkers) names.push_back(checker.name);
  return names;
}

ReviewTask local_task(const LocalTask& local) {
  ReviewTask task;
  task.local_id = local.task_type;
  task.type = local.task_type;
  for (const CheckerUse& use : local.uses) {
    task.checkers.push_back(use.checker.name);
    for (const std::string& path : use.paths) {
      const FilePart part{path, {1, 1}, true};
      if (std::find(task.files.begin(), task.files.end(), part) == task.files.end())
        task.files.push_back(part);
    }
  }
  task.title = fmt::format("by {}", fmt::join(task.checkers, ", "));
  return task;
}

Progress progress_of(const RunState& run, Instant now) {
  Progress progress;
  progress.done = run.ended - run.skipped;
  progress.running = run.running;
  progress.skipped = run.skipped;
  progress.planned = static_cast<int>(run.tasks.size());
  progress.waiting = progress.planned - run.ended - run.running;
  progress.plan_open = !run.plan_closed;
  progress.spent = run.budget.charged();
  progress.held = run.budget.held();
  progress.budget = run.budget.cap();
  const std::int64_t prompt = run.usage.prompt().count();
  progress.cached_percent =
      prompt == 0
          ? 0
          : 100.0 * static_cast<double>(run.usage.cache_read.count()) / static_cast<double>(prompt);
  progress.elapsed = now - run.created.at;
  if (run.stopping) progress.note = fmt::format("stopping, {} in flight", run.live_calls());
  return progress;
}

}  // namespace

Review make_review(Change change, const Tables& tables, const RunRequest& request) {
  Review::Settings settings;
  settings.local = request.local;
  settings.direct = !request.local && request.mode == "direct";
  settings.effort = request.effort;
  settings.batch = request.batch;
  settings.max_tasks = request.max_tasks;
  const std::vector<Checker>* checkers = &tables.checkers;
  settings.covering = [checkers](std::string_view type, const std::vector<std::string>& files) {
    return names_of(covering(*checkers, type, languages_of(files)));
  };
  std::vector<ReviewTask> local;
  if (request.local) {
    for (const LocalTask& task : plan_local_tasks(*checkers, change))
      local.push_back(local_task(task));
  }
  settings.local_tasks = [local = std::move(local)] { return local; };
  return Review(std::move(change), tables.types, tables.words, std::move(settings));
}

// What one begin() or resume() needs while the loop runs.
class Session::Drive {
 public:
  Drive(Session& session, Review& review, const Endpoint& endpoint, const RunRequest& request)
      : session_(session),
        review_(review),
        local_(request.local),
        checkers_(make_checker_runner(session.loop_, {default_tool_folders()})),
        http_(make_curl_client(session.loop_, {})),
        line_(stderr, is_terminal(stderr) ? StatusLine::Kind::kTerminal : StatusLine::Kind::kPlain,
              terminal_width(stderr)),
        driver_(
            {session.loop_, *session.journal_, *http_, review, rules_, endpoint,
             [this](const CheckerRequest& wanted, auto done) { check(wanted, std::move(done)); },
             [this](const RunState& run, const std::vector<Event>& events) {
               session_.costs_.add(events);
               line_.update(Loop::now(), progress_of(run, Loop::now()));
             },
             [this](const Status& status) { end(status); }, request.batch_poll}) {
    rules_.catalog = &session.tables_.catalog;
    rules_.models = request.models;
    rules_.pacer = &session.pacer_;
    session.loop_.on_interrupt([this](int) { interrupt(); });
  }

  Result<RunState> run(const std::function<void(Driver&)>& start) {
    session_.loop_.post([&] {
      start(driver_);
      keep_time();
    });
    session_.loop_.run();
    line_.finish();
    if (failure_) return *failure_;
    return driver_.take_state();
  }

 private:
  void check(const CheckerRequest& request, std::function<void(Result<CheckersResult>)> done) {
    CheckerJob job;
    for (const Checker& checker : session_.tables_.checkers) {
      if (std::find(request.checkers.begin(), request.checkers.end(), checker.name) !=
          request.checkers.end()) {
        job.checkers.push_back(checker);
      }
    }
    job.paths = request.files;
    job.task_type = request.task_type;
    job.source = request.task.to_string();
    checkers_->run(job, review_.change(),
                   [this, done = std::move(done)](const CheckerReport& report) {
                     // Where there is no model to do the rest, what could be done counts.
                     const bool covered = local_ ? report.any_ran() : report.complete();
                     done(CheckersResult{write_findings(report.findings),
                                         report.complete() ? std::string() : report.note(),
                                         covered});
                   });
  }

  void interrupt() {
    if (interrupts_++ > 0) return driver_.cut();
    const std::size_t open = driver_.state().live_calls();
    if (open > 0) {
      line_.print(fmt::format(
          "stopping: waiting for {} call{} that {} already being paid for; interrupt again to cut "
          "{}",
          open, open == 1 ? "" : "s", open == 1 ? "is" : "are", open == 1 ? "it" : "them"));
    }
    driver_.stop();
  }

  // The elapsed time goes on while nothing else happens.
  void keep_time() {
    session_.loop_.after(Millis(200), [this] {
      line_.update(Loop::now(), progress_of(driver_.state(), Loop::now()));
      keep_time();
    });
  }

  void end(const Status& status) {
    if (!status) failure_ = status.error();
    session_.loop_.stop();
  }

  Session& session_;
  Review& review_;
  bool local_;
  Rules rules_;
  std::unique_ptr<CheckerRunner> checkers_;
  std::unique_ptr<HttpClient> http_;
  StatusLine line_;
  Driver driver_;
  int interrupts_ = 0;
  std::optional<Error> failure_;
};

Result<std::unique_ptr<Session>> Session::open(const std::filesystem::path& state,
                                               const Tables& tables) {
  std::unique_ptr<Session> session(new Session(tables));
  Loop* loop = &session->loop_;
  Result<std::unique_ptr<Journal>> journal = open_sqlite_journal(
      state, [loop](std::function<void()> work) { loop->post(std::move(work)); });
  if (!journal) return journal.error();
  session->journal_ = std::move(*journal);
  return session;
}

Session::~Session() = default;

Result<RunState> Session::begin(Review& review, const Endpoint& endpoint, const RunRequest& request,
                                const Expectation& expected) {
  RunCreated created;
  created.at = Loop::now();
  created.run = run_ = new_run_id();
  created.workflow = "review";
  created.title = review.change().title;
  Blob asked = make_blob(write_request(request));
  Blob input = make_blob(write_change(review.change()));
  created.request = asked.id;
  created.input = input.id;
  created.catalog_version = tables_.catalog.version();
  created.project = request.project;
  created.budget = request.budget;
  created.caps = request.caps;
  created.limits = request.limits;
  created.mode = expected.mode;
  created.mode_reason = expected.reason;
  created.forecast = expected.forecast;
  created.parallel = request.parallel;
  created.seed = random_number();
  const Result<std::unique_ptr<RunLease>> lease = journal_->lease(run_);
  if (!lease) return lease.error();
  std::vector<Blob> texts;
  texts.push_back(std::move(asked));
  texts.push_back(std::move(input));
  Drive drive(*this, review, endpoint, request);
  return drive.run([&](Driver& driver) { driver.begin(std::move(created), std::move(texts)); });
}

Result<RunState> Session::resume(Review& review, const Endpoint& endpoint,
                                 const RunRequest& request, RunState state,
                                 std::vector<Event> asked) {
  Drive drive(*this, review, endpoint, request);
  return drive.run([&](Driver& driver) { driver.resume(std::move(state), std::move(asked)); });
}

}  // namespace baton
