#include "app/fleet_worker.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/run_lookup.h"
#include "app/run_work.h"
#include "app/say.h"
#include "app/session.h"
#include "app/take_up.h"
#include "base/chance.h"
#include "base/text.h"
#include "core/audit.h"
#include "core/step.h"

namespace baton {
namespace {

constexpr Millis kLookEvery{2'000};
constexpr Millis kLongestPause{30'000};
constexpr Millis kSilence{10'000};
// After a cut the runs' ends are still to be journaled; a store that is away does not keep us.
constexpr Millis kGoodbye{15'000};

// Several workers do not ask at the same time.
Millis jittered(Millis length) {
  static const std::uint64_t seed = random_number();
  static std::uint64_t counter = 0;
  const double spread = 0.5 + fraction(mix(seed, ++counter));
  return Millis(static_cast<std::int64_t>(static_cast<double>(length.count()) * spread));
}

}  // namespace

// A run that was claimed: all that it is driven with.
struct FleetWorker::Job {
  RunId run;
  int deaths = 0;
  Instant claimed;
  std::unique_ptr<RunLease> lease;
  std::optional<Error> trouble;  // why it cannot be driven here
  RunRequest request;
  std::unique_ptr<Tables> tables;
  std::optional<TakenUp> taken;
  std::unique_ptr<RunWork> work;
  std::unique_ptr<Drive> drive;
  // The same run, claimed anew: the lease had lapsed, and nobody else has taken it.
  std::optional<ClaimedRun> anew;

  // Any thread.
  Status prepare(const DriveSite& site, StatusLine& line, const Endpoint& endpoint,
                 const std::filesystem::path& state);
};

Status FleetWorker::Job::prepare(const DriveSite& site, StatusLine& line, const Endpoint& endpoint,
                                 const std::filesystem::path& state) {
  Result<TakenUp> up = take_up(site.journal, nullptr, run);
  if (!up) return up.error();
  taken = std::move(*up);
  Result<RunRequest> asked = request_of(site.journal, run, taken->events);
  if (!asked) return asked.error();
  request = std::move(*asked);
  Result<Tables> read = load_tables(request.prices, request.task_types);
  if (!read) return read.error();
  tables = std::make_unique<Tables>(std::move(*read));
  if (Status ready = check_endpoint(endpoint, request, tables->catalog); !ready) return ready;
  Result<std::unique_ptr<RunWork>> made =
      work_of({site.loop, line, site.journal, *tables, request, state, /*attended=*/false}, *taken);
  if (!made) return made.error();
  work = std::move(*made);
  return {};
}

FleetWorker::FleetWorker(const DriveSite& site, const Tables& tables, const Endpoint& endpoint,
                         FleetWorkerHome home, FleetWorkerTerms terms)
    : site_(site),
      fleet_(*site.journal.fleet()),
      tables_(tables),
      endpoint_(endpoint),
      home_(std::move(home)),
      terms_(terms),
      line_(stderr, StatusLine::Kind::kPlain, 100),
      background_(make_background(site.loop, 2)) {}

FleetWorker::~FleetWorker() = default;

Status FleetWorker::run() {
  site_.loop.on_interrupt([this](int) { interrupt(); });
  fleet_.on_work([this] { look(); });
  site_.loop.post([this] { look(); });
  site_.loop.run();
  return failure_ ? Status(*failure_) : Status();
}

// ---- claiming ----

void FleetWorker::look() {
  ++looks_;
  const bool enough = terms_.most_claims > 0 && claims_ >= terms_.most_claims;
  if (claiming_ || draining_ || enough || std::ssize(jobs_) >= terms_.runs) return;
  claiming_ = true;
  watch_claim(looks_);
  fleet_.claim({home_.place}, terms_.most_deaths,
               [this](Result<std::optional<ClaimedRun>> claimed) {
                 claiming_ = false;
                 hear(std::move(claimed));
               });
}

void FleetWorker::look_after(Millis length) {
  site_.loop.after(jittered(length), [this, number = looks_] {
    if (number == looks_) look();
  });
}

void FleetWorker::hear(Result<std::optional<ClaimedRun>> claimed) {
  if (!claimed) return hear_trouble(claimed.error());
  failures_ = 0;
  if (std::exchange(silent_, false)) say("the store answers again");
  nothing_waits_ = !claimed->has_value();
  if (nothing_waits_) {
    stop_if_done();
    return look_after(kLookEvery);
  }
  take(std::move(**claimed));
  look();
}

void FleetWorker::hear_trouble(const Error& error) {
  if (!std::exchange(silent_, true))
    say(fmt::format("{}; the worker goes on trying", error.message));
  const Millis pause(std::int64_t{1000} << std::min(failures_++, 5));
  stop_if_done();
  look_after(std::min(pause, kLongestPause));
}

// A journal that waits for its server says nothing meanwhile.
void FleetWorker::watch_claim(int number) {
  site_.loop.after(kSilence, [this, number] {
    if (!claiming_ || number != looks_ || silent_) return;
    silent_ = true;
    say("the store does not answer; the worker waits for it");
  });
}

// ---- driving ----

void FleetWorker::take(ClaimedRun claimed) {
  if (const auto lost = jobs_.find(claimed.run); lost != jobs_.end()) {
    // Threads work for what is not driven yet: it ends by itself.
    if (!lost->second->drive) {
      lost->second->anew = std::move(claimed);
      return;
    }
    say(fmt::format("{} is no longer driven here: its lease has lapsed", claimed.run));
    jobs_.erase(lost);
  }
  ++claims_;
  auto made = std::make_unique<Job>();
  Job* job = made.get();
  job->run = claimed.run;
  job->deaths = claimed.deaths;
  job->claimed = site_.loop.now();
  job->lease = std::move(claimed.lease);
  jobs_.emplace(job->run, std::move(made));
  background_->run(
      [this, job] {
        if (Status ready = job->prepare(site_, line_, endpoint_, home_.state); !ready)
          job->trouble = ready.error();
      },
      [this, run = job->run] { drive(run); });
}

void FleetWorker::drive(const RunId& run) {
  Job& job = *jobs_.at(run);
  if (job.anew) return let_go(run);
  if (job.trouble) return refuse(job);
  const RunCreated& created = job.taken->run.created;
  say(fmt::format("{} {}: {}, {}{}", run, job.deaths > 0 ? "goes on here" : "is driven here",
                  created.workflow, shorten(created.title, 80),
                  job.deaths > 0 ? fmt::format("; {} of its workers died", job.deaths) : ""));
  job.drive = std::make_unique<Drive>(
      site_, job.work->parts(), endpoint_, job.tables->catalog, job.request,
      DriveListeners{[](const RunState&, const std::vector<Event>&) {},
                     [this, run](const Result<RunState>& state) { end(run, state); }});
  job.drive->resume(std::move(job.taken->run), {});
  job.taken.reset();
  if (draining_) job.drive->stop(std::string(kHandedBack));
}

// Parked, with the reason in its journal, where that can be read; otherwise it goes back, and after
// some workers that could not begin with it, it is quarantined.
void FleetWorker::refuse(Job& job) {
  const RunId run = job.run;
  const Error error = *job.trouble;
  say(fmt::format("{} cannot be driven here: {}", run, error.message));
  const RunResumed resumed{site_.loop.now()};
  if (error.kind == ErrorKind::kStorage || !job.taken || contradiction(job.taken->run, resumed))
    return let_go(run);
  Rules rules;
  rules.catalog = &tables_.catalog;
  rules.models = job.request.models;
  std::vector<Event> events =
      park(job.taken->run, fmt::format("it cannot be driven by {}: {}", home_.place, error.message),
           resumed.at, rules);
  site_.journal.append(run, std::move(events), {}, [this, run](const Status& parked) {
    if (!parked) say(fmt::format("{}: {}", run, parked.error().message));
    let_go(run);
  });
}

void FleetWorker::end(const RunId& run, const Result<RunState>& state) {
  Job& job = *jobs_.at(run);
  if (!state) {
    say(fmt::format("{} is no longer driven here: {}", run, state.error().message));
    // The store's failure is no death that the run is to blame for. Anything else is the run's own:
    // it is somebody else's now, or its journal contradicts what was to be written.
    const bool store_failed = state.error().kind == ErrorKind::kStorage;
    if (!store_failed) return let_go(run);
    hand_back(run);
    const bool first = !failure_;
    if (first) failure_ = state.error();
    draining_ = true;
    let_go(run);
    if (first) drain();
    return;
  }
  say(fmt::format("{} {}{}{}: {} spent, {}", run, to_string(state->status),
                  state->reason.empty() ? "" : ": ", state->reason,
                  state->budget.charged().to_display(),
                  duration_text(site_.loop.now() - job.claimed)));
  job.work->tidy(*state);
  const bool waits_already = state->reason == kHandedBack;
  if (state->status == RunStatus::kPaused && state->stop_reason == kHandedBack && !waits_already)
    hand_back(run);
  let_go(run);
}

// Its lease goes back first: nobody can claim what is still driven.
void FleetWorker::hand_back(const RunId& run) {
  ++handing_back_;
  site_.loop.post([this, run] {
    fleet_.requeue(run, [this, run](const Status& queued) {
      --handing_back_;
      if (!queued && queued.error().kind != ErrorKind::kBusy) {
        say(fmt::format("{} could not be handed back: {}; `baton resume {} --submit` does", run,
                        queued.error().message, run));
      }
      stop_if_done();
    });
  });
}

void FleetWorker::let_go(const RunId& run) {
  std::optional<ClaimedRun> anew = std::move(jobs_.at(run)->anew);
  jobs_.erase(run);
  if (anew) take(std::move(*anew));
  look();
  stop_if_done();
}

// ---- stopping ----

void FleetWorker::interrupt() {
  if (draining_) return cut();
  say(fmt::format("told to stop: {} run{} will be handed back; once more cuts what is in flight",
                  jobs_.size(), jobs_.size() == 1 ? "" : "s"));
  drain();
}

void FleetWorker::drain() {
  draining_ = true;
  for (const auto& [run, job] : jobs_) {
    if (job->drive) job->drive->stop(std::string(kHandedBack));
  }
  site_.loop.after(terms_.drain, [this] { cut(); });
  stop_if_done();
}

void FleetWorker::cut() {
  for (const auto& [run, job] : jobs_) {
    if (job->drive) job->drive->cut();
  }
  site_.loop.after(kGoodbye, [this] { site_.loop.stop(); });
}

bool FleetWorker::is_done() const {
  const bool enough = terms_.most_claims > 0 && claims_ >= terms_.most_claims;
  const bool may_end = draining_ || enough || (terms_.until_empty && nothing_waits_);
  return may_end && jobs_.empty() && handing_back_ == 0 && !claiming_;
}

void FleetWorker::stop_if_done() {
  if (is_done()) site_.loop.stop();
}

}  // namespace baton
