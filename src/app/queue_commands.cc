#include "app/queue_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "app/files.h"
#include "app/run_end.h"
#include "app/run_lookup.h"
#include "app/say.h"
#include "store/file.h"

namespace baton {
namespace {

constexpr std::chrono::minutes kLongestSilence{10};
constexpr std::size_t kMostKey = 200;
constexpr std::size_t kPlaceLength = 14;

bool is_place(std::string_view text) {
  return text.size() == kPlaceLength && text.starts_with("p-") &&
         std::all_of(text.begin() + 2, text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
}

// All of it or nothing, and whoever comes second takes what is there.
Status make_place(const std::filesystem::path& state, const std::filesystem::path& file) {
  if (Status made = make_private_folder(state); !made) return made;
  const std::filesystem::path beside = file.string() + fmt::format(".{}.new", ::getpid());
  if (Status written = write_file(beside, "p-" + new_run_id().substr(2) + "\n"); !written)
    return written;
  const bool linked = ::link(beside.c_str(), file.c_str()) == 0 || errno == EEXIST;
  const int why = errno;
  ::unlink(beside.c_str());
  if (!linked) {
    return storage_error(fmt::format("can not write {}: {}", file.string(), std::strerror(why)));
  }
  return sync_folder(state);
}

ExitCode print_run(const RunId& run) {
  const Status told = deliver(run + "\n", "");
  return told ? ExitCode::kDone : say(told.error());
}

// What the loop is stopped with.
Status on_loop(Session& session, const std::function<void(std::function<void(Status)>)>& work) {
  Status outcome;
  work([&](Status status) {
    outcome = std::move(status);
    session.loop().stop();
  });
  session.loop().run();
  return outcome;
}

// Whether somebody drives the run, or will without being asked again.
Result<bool> goes_on(Journal& journal, const RunId& run) {
  const Result<std::map<RunId, QueuedRun>> queue = queue_of(journal);
  if (!queue) return queue.error();
  if (const auto queued = queue->find(run); queued != queue->end()) {
    const QueueState state = queued->second.state;
    return state == QueueState::kWaiting || state == QueueState::kDriven;
  }
  const Result<std::unique_ptr<RunLease>> lease = journal.lease(run);
  if (lease) return false;
  if (lease.error().kind == ErrorKind::kBusy) return true;
  return lease.error();
}

// Whether a store that has just failed is worth asking again: a server comes back, a file does not.
class Silence {
 public:
  explicit Silence(Journal& journal) : is_shared_(journal.fleet() != nullptr) {}

  bool is_to_be_borne(const Error& error) {
    if (!is_shared_ || error.kind != ErrorKind::kStorage) return false;
    if (!since_) {
      since_ = std::chrono::steady_clock::now();
      say(fmt::format("{}; still waiting", error.message));
    }
    return std::chrono::steady_clock::now() - *since_ < kLongestSilence;
  }
  void ends() {
    if (std::exchange(since_, std::nullopt)) say("the store answers again");
  }

 private:
  const bool is_shared_;
  std::optional<std::chrono::steady_clock::time_point> since_;
};

// Asks now and then, less often the longer it takes. false: the time is over.
Result<bool> await_end(Journal& journal, const RunId& run, double timeout) {
  using Clock = std::chrono::steady_clock;
  const auto begun = Clock::now();
  auto pause = std::chrono::milliseconds(200);
  bool said = false;
  Silence silence(journal);
  while (true) {
    const Result<bool> on = goes_on(journal, run);
    if (!on && !silence.is_to_be_borne(on.error())) return on.error();
    if (on) silence.ends();
    if (on && !*on) return true;
    if (timeout > 0 && Clock::now() - begun > std::chrono::duration<double>(timeout)) return false;
    if (!std::exchange(said, true)) say(fmt::format("waiting for run {}", run));
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 3 / 2, std::chrono::milliseconds(3000));
  }
}

// Why a run that has no end is not waited for: its events do not tell.
Status tell_quarantine(Journal& journal, const RunId& run) {
  const Result<Queue> queue = queue_of(journal);
  if (!queue) return queue.error();
  const auto queued = queue->find(run);
  if (queued == queue->end() || queued->second.state != QueueState::kQuarantined) return {};
  say(fmt::format("run {} is quarantined: {}", run, quarantine_text(queued->second)));
  return {};
}

// The run that was begun with this key, if one was; none without a key.
Result<std::optional<RunId>> run_of_key(Journal& journal, const std::string& key) {
  if (key.empty()) return std::optional<RunId>();
  return journal.run_with_key(key);
}

}  // namespace

Status check_fleet(Journal& journal, std::string_view option) {
  if (journal.fleet() != nullptr) return {};
  return usage_error(
      fmt::format("{} needs a store that machines share: give --store postgresql://… or set "
                  "BATON_STORE (docs/fleet.md)",
                  option));
}

Status check_key(std::string_view key) {
  const bool visible =
      std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (visible && key.size() <= kMostKey) return {};
  return usage_error(fmt::format("--key: expected 1 to {} visible ASCII characters, such as {}",
                                 kMostKey, "\"web-shop/pull/17/4f2a9c\""));
}

Result<std::string> place_of_state(const std::filesystem::path& state) {
  const std::filesystem::path file = state / "place";
  std::error_code unknown;
  if (!std::filesystem::exists(file, unknown)) {
    if (Status made = make_place(state, file); !made) return made.error();
  }
  Result<std::string> text = read_file(file);
  if (!text) return text;
  const std::string place(std::string_view(*text).substr(0, text->find('\n')));
  if (is_place(place)) return place;
  return storage_error(fmt::format(
      "{}: it should hold this state folder's identity, such as p-3k9x0a7c2m4q, and does not; "
      "remove it to get a new one (runs that wait for the old one will have to be resumed here)",
      file.string()));
}

Result<SessionToBegin> session_to_begin(const StorePlace& place, const Tables& tables,
                                        const SpendOptions& options) {
  Result<std::unique_ptr<Session>> session = Session::open(place, tables);
  if (!session) return session.error();
  Journal& journal = (*session)->journal();
  if (options.submit) {
    if (Status shared = check_fleet(journal, "--submit"); !shared) return shared.error();
  }
  const Result<std::optional<RunId>> known = run_of_key(journal, options.key);
  if (!known) return known.error();
  if (*known) return SessionToBegin{nullptr, *known};
  return SessionToBegin{std::move(*session), std::nullopt};
}

ExitCode tell_submitted(const RunId& run) {
  say(fmt::format("queued; `baton wait {}` waits for its report, `baton runs` shows where it is",
                  run));
  return print_run(run);
}

ExitCode follow(const SpendOptions& options, const RunId& run) {
  say(fmt::format("the key '{}' is that of run {}; nothing new is begun", options.key, run));
  if (options.submit) return print_run(run);
  RunOptions again;
  again.state = options.state;
  again.store = options.store;
  again.run = run;
  again.format = options.format;
  again.output = options.output;
  const Result<StorePlace> place = store_place(again);
  if (!place) return say(place.error());
  {
    const auto journal = open_store(*place, at_once);
    if (!journal) return say(journal.error());
    const Result<bool> on = goes_on(**journal, run);
    if (!on) return say(on.error());
    if (!*on) return resume_command(again);
  }
  return wait_command(again);
}

ExitCode submit(Session& session, RunStart start, RunWork& work, const RunRequest& request,
                QueueTerms terms, const SpendOptions& options) {
  const Status queued =
      session.submit(std::move(start), work.workflow(), request, std::move(terms));
  if (queued) return tell_submitted(session.run());
  if (const auto other = run_of_key(session.journal(), options.key); other && *other)
    return follow(options, **other);
  return say(queued.error());
}

ExitCode tell_begun(Session& session, const Result<RunState>& run, RunWork& work,
                    const RunRequest& request, const SpendOptions& options) {
  if (!run && run.error().kind == ErrorKind::kBusy) {
    const auto other = run_of_key(session.journal(), options.key);
    if (other && *other && **other != session.run()) return follow(options, **other);
  }
  return tell_run(session, session.run(), run, work, request);
}

ExitCode requeue(Session& session, TakenUp taken) {
  const RunId run = taken.run.created.run;
  if (!taken.asked.empty()) {
    const Status noted = on_loop(session, [&](auto done) {
      session.journal().append(run, taken.asked, {}, std::move(done));
    });
    if (!noted) return say(noted.error());
  }
  taken.lease.reset();
  const Status queued = on_loop(
      session, [&](auto done) { session.journal().fleet()->requeue(run, std::move(done)); });
  if (!queued) return say(queued.error());
  return tell_submitted(run);
}

ExitCode wait_command(const RunOptions& options) {
  if (Status writable = check_output(options.output); !writable) return say(writable.error());
  const Result<StorePlace> place = store_place(options);
  if (!place) return say(place.error());
  Result<RunRequest> request = RunRequest();
  {
    const Result<std::unique_ptr<Journal>> journal = open_existing(*place);
    if (!journal) return say(journal.error());
    request = renewed_request(**journal, options);
    if (!request) return say(request.error());
    const Result<bool> ended = await_end(**journal, options.run, options.timeout);
    if (!ended) return say(ended.error());
    if (!*ended) {
      say(fmt::format("run {} goes on; the time of --timeout is over", options.run));
      return ExitCode::kInterrupted;
    }
  }
  const Result<Tables> tables = load_tables(request->prices, request->task_types);
  if (!tables) return say(tables.error());
  Result<std::unique_ptr<Session>> session = Session::open(*place, *tables);
  if (!session) return say(session.error());
  if (Status told = tell_quarantine((*session)->journal(), options.run); !told)
    return say(told.error());
  Result<TakenUp> taken = take_up((*session)->journal(), options);
  if (!taken) return say(taken.error());
  return tell_of(**session, *place, *tables, *request, std::move(*taken));
}

}  // namespace baton
