#include "app/session.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "report/status_line.h"
#include "shell/curl_client.h"
#include "store/sqlite_journal.h"

namespace baton {
namespace {

std::uint64_t random_number() {
  std::uint64_t number = 0;
  BATON_CHECK(::getrandom(&number, sizeof number, 0) == static_cast<ssize_t>(sizeof number));
  return number;
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

RunId new_run_id() {
  static constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id = "r-";
  std::uint64_t number = random_number();
  for (int i = 0; i < 12; ++i, number /= kLetters.size()) id += kLetters[number % kLetters.size()];
  return id;
}

// What one begin() or resume() needs while the loop runs.
class Session::Drive {
 public:
  Drive(Session& session, const RunParts& parts, const Endpoint& endpoint,
        const RunRequest& request)
      : session_(session),
        http_(make_curl_client(session.loop_, {})),
        driver_({session.loop_, *session.journal_, *http_, parts.workflow, rules_, endpoint,
                 parts.programs,
                 [this](const RunState& run, const std::vector<Event>& events) {
                   session_.costs_.add(events);
                   line().update(system_now(), progress_of(run, system_now()));
                 },
                 [this](const Status& status) { end(status); }, request.batch_poll, parts.tools,
                 parts.ask_approval}) {
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
    line().finish();
    if (failure_) return *failure_;
    return driver_.take_state();
  }

 private:
  void interrupt() {
    if (interrupts_++ > 0) return driver_.cut();
    const std::size_t open = driver_.state().live_calls();
    if (open > 0) {
      line().print(fmt::format(
          "stopping: waiting for {} call{} that {} already being paid for; interrupt again to cut "
          "{}",
          open, open == 1 ? "" : "s", open == 1 ? "is" : "are", open == 1 ? "it" : "them"));
    }
    driver_.stop();
  }

  // The elapsed time goes on while nothing else happens.
  void keep_time() {
    session_.loop_.after(Millis(200), [this] {
      line().update(system_now(), progress_of(driver_.state(), system_now()));
      keep_time();
    });
  }

  void end(const Status& status) {
    if (!status) failure_ = status.error();
    session_.loop_.stop();
  }

  StatusLine& line() { return *session_.line_; }

  Session& session_;
  Rules rules_;
  std::unique_ptr<HttpClient> http_;
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

Session::Session(const Tables& tables)
    : tables_(tables),
      line_(std::make_unique<StatusLine>(
          stderr, is_terminal(stderr) ? StatusLine::Kind::kTerminal : StatusLine::Kind::kPlain,
          terminal_width(stderr))) {}

Session::~Session() = default;

Result<RunState> Session::begin(RunStart start, const RunParts& parts, const Endpoint& endpoint,
                                const RunRequest& request) {
  RunCreated created;
  created.at = system_now();
  created.run = run_ = start.run.empty() ? new_run_id() : start.run;
  created.workflow = std::move(start.workflow);
  created.title = std::move(start.title);
  Blob asked = make_blob(write_request(request));
  Blob input = make_blob(std::move(start.input));
  created.request = asked.id;
  created.input = input.id;
  created.catalog_version = tables_.catalog.version();
  created.project = request.project;
  created.budget = request.budget;
  created.caps = request.caps;
  created.limits = request.limits;
  created.gates = std::move(start.gates);
  created.mode = std::move(start.expected.mode);
  created.mode_reason = std::move(start.expected.reason);
  created.forecast = start.expected.forecast;
  created.parallel = request.parallel;
  created.seed = random_number();
  Result<std::unique_ptr<RunLease>> lease = journal_->lease(run_);
  if (!lease) return lease.error();
  lease_ = std::move(*lease);
  std::vector<Blob> texts;
  texts.push_back(std::move(asked));
  texts.push_back(std::move(input));
  Drive drive(*this, parts, endpoint, request);
  return drive.run([&](Driver& driver) { driver.begin(std::move(created), std::move(texts)); });
}

Result<RunState> Session::resume(const RunParts& parts, const Endpoint& endpoint,
                                 const RunRequest& request, RunState state,
                                 std::vector<Event> asked) {
  Drive drive(*this, parts, endpoint, request);
  return drive.run([&](Driver& driver) { driver.resume(std::move(state), std::move(asked)); });
}

}  // namespace baton
