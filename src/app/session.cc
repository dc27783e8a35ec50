#include "app/session.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "app/fleet_limits.h"
#include "base/check.h"
#include "report/status_line.h"
#include "shell/curl_client.h"

namespace baton {
namespace {

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

Result<std::unique_ptr<Session>> Session::open(const StorePlace& place, const Tables& tables) {
  std::unique_ptr<Session> session(new Session(tables));
  Loop* loop = &session->loop_;
  Result<std::unique_ptr<Journal>> journal =
      open_store(place, [loop](std::function<void()> work) { loop->post(std::move(work)); },
                 {.outage = Millis::seconds(30)});
  if (!journal) return journal.error();
  session->journal_ = std::move(*journal);
  session->http_ = make_curl_client(session->loop_, {});
  join_fleet(session->loop_, *session->journal_, session->pacer_);
  return session;
}

Session::Session(const Tables& tables)
    : tables_(tables),
      line_(std::make_unique<StatusLine>(
          stderr, is_terminal(stderr) ? StatusLine::Kind::kTerminal : StatusLine::Kind::kPlain,
          terminal_width(stderr))) {}

Session::~Session() = default;

RunCreated Session::created(RunStart start, const RunRequest& request, std::vector<Blob>& texts) {
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
  created.key = std::move(start.key);
  created.mode = std::move(start.expected.mode);
  created.mode_reason = std::move(start.expected.reason);
  created.forecast = start.expected.forecast;
  created.parallel = request.parallel;
  created.seed = random_number();
  texts.push_back(std::move(asked));
  texts.push_back(std::move(input));
  return created;
}

Result<RunState> Session::begin(RunStart start, const RunParts& parts, const Endpoint& endpoint,
                                const RunRequest& request) {
  std::vector<Blob> texts;
  RunCreated beginning = created(std::move(start), request, texts);
  Result<std::unique_ptr<RunLease>> lease = journal_->lease(run_);
  if (!lease) return lease.error();
  lease_ = std::move(*lease);
  return drive(parts, endpoint, request,
               [&](Drive& drive) { drive.begin(std::move(beginning), std::move(texts)); });
}

Status Session::submit(RunStart start, Workflow& workflow, const RunRequest& request,
                       QueueTerms terms) {
  std::vector<Blob> texts;
  RunCreated beginning = created(std::move(start), request, texts);
  FirstFacts facts = first_facts(std::move(beginning), std::move(texts), workflow);
  Status queued;
  journal_->fleet()->submit(run_, std::move(facts.events), std::move(facts.texts), std::move(terms),
                            [&](Status status) {
                              queued = std::move(status);
                              loop_.stop();
                            });
  loop_.run();
  return queued;
}

Result<RunState> Session::resume(const RunParts& parts, const Endpoint& endpoint,
                                 const RunRequest& request, RunState state,
                                 std::vector<Event> asked) {
  return drive(parts, endpoint, request,
               [&](Drive& drive) { drive.resume(std::move(state), std::move(asked)); });
}

Result<RunState> Session::drive(const RunParts& parts, const Endpoint& endpoint,
                                const RunRequest& request,
                                const std::function<void(Drive&)>& start) {
  std::optional<Result<RunState>> ended;
  Drive drive({loop_, *journal_, *http_, pacer_}, parts, endpoint, tables_.catalog, request,
              {[this](const RunState& run, const std::vector<Event>& events) {
                 costs_.add(events);
                 line_->update(system_now(), progress_of(run, system_now()));
               },
               [&](Result<RunState> run) {
                 ended = std::move(run);
                 loop_.stop();
               }});
  loop_.on_interrupt([&](int) { interrupt(drive); });
  loop_.post([&] {
    start(drive);
    keep_time(drive);
  });
  loop_.run();
  line_->finish();
  return std::move(*ended);
}

void Session::interrupt(Drive& drive) {
  if (interrupts_++ > 0) return drive.cut();
  const std::size_t open = drive.state().live_calls();
  if (open > 0) {
    line_->print(fmt::format(
        "stopping: waiting for {} call{} that {} already being paid for; interrupt again to cut {}",
        open, open == 1 ? "" : "s", open == 1 ? "is" : "are", open == 1 ? "it" : "them"));
  }
  drive.stop();
}

// The elapsed time goes on while nothing else happens.
void Session::keep_time(const Drive& drive) {
  loop_.after(Millis(200), [this, &drive] {
    line_->update(system_now(), progress_of(drive.state(), system_now()));
    keep_time(drive);
  });
}

}  // namespace baton
