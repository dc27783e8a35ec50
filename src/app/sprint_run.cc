#include "app/sprint_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "app/say.h"
#include "app/sprint_outcome.h"
#include "base/check.h"
#include "base/spawn.h"
#include "report/counts.h"

namespace baton {
namespace {

constexpr Millis kLookAtStrangersEvery{300};
// A clock that was set between two readings does not hide a job's run.
constexpr std::int64_t kClockSlackMs = 3'600'000;

std::string shown(const SprintJobLine& job) {
  std::string text = fmt::format("job {}: {}, {}, {}", job.name, status_words(to_string(job.state)),
                                 job.cost.to_display(), duration_text(job.worked));
  return job.note.empty() ? text : text + ": " + job.note;
}

// A job is baton itself, and needs what the user gave baton: the key above all. It is given that
// whole environment and nothing else; what it starts in turn gets none of it. The store is named
// there, since its password is not for the list of processes.
std::vector<std::string> environment_for(const StorePlace& place) {
  constexpr std::string_view kStore = "BATON_STORE=";
  std::vector<std::string> variables = {std::string(kStore) + place.url};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with(kStore)) variables.emplace_back(*variable);
  }
  return variables;
}

}  // namespace

// A job's process, while it runs.
struct SprintRun::Live {
  bool running = false;
  int pid = 0;  // 0: started by an earlier sitting, and not known
  Fd lock;      // none: another sitting's process holds it
};

SprintRun::SprintRun(SprintParts parts)
    : parts_(std::move(parts)), queue_({}, {}), live_(parts_.record.jobs.size()) {}

SprintRun::~SprintRun() = default;

Result<SprintStop> SprintRun::run() {
  if (Status known = reconcile(); !known) return known.error();
  queue_ = make_queue();
  if (parts_.plan.minutes) {
    parts_.loop.after(Millis::seconds(60) * *parts_.plan.minutes, [this] { out_of_time(); });
  }
  parts_.loop.on_interrupt([this](int) { interrupt(); });
  parts_.loop.post([this] { advance(); });
  parts_.loop.run();
  if (failure_) return *failure_;
  return stop_;
}

// What earlier sittings left: the journal knows better than their record how far its runs came.
Status SprintRun::reconcile() {
  for (std::size_t i = 0; i < parts_.record.jobs.size(); ++i) {
    JobRecord& job = parts_.record.jobs[i];
    if (!job.since) {  // it may have been skipped, for want of money that there is now
      job.line.state = SprintJobState::kWaiting;
      job.line.note.clear();
      continue;
    }
    const Result<std::optional<Fd>> lock =
        lock_job(parts_.folder.file_of(parts_.record.id, i, "lock"));
    if (!lock) return lock.error();
    if (!*lock) {
      say(fmt::format("job {} is still at work, started by an earlier sitting: waiting for it",
                      job.line.name));
      job.line.state = SprintJobState::kRunning;
      live_[i].running = true;
      live_[i].pid = job.pid;
      watch_stranger(i);
      continue;
    }
    if (Status noted = note_end(i, {}); !noted) return noted;
  }
  return save();
}

SprintQueue SprintRun::make_queue() const {
  using State = QueuedJob::State;
  std::vector<QueuedJob> jobs;
  for (std::size_t i = 0; i < parts_.plan.jobs.size(); ++i) {
    const SprintJob& planned = parts_.plan.jobs[i];
    const SprintJobLine& line = parts_.record.jobs[i].line;
    QueuedJob job{.priority = planned.priority, .cap = planned.cap, .spent = line.cost};
    if (is_over(line.state)) job.state = State::kEnded;
    if (live_[i].running) job.state = State::kRunning;
    const bool begun = !line.run.empty() && !is_over(line.state);
    if (begun && !live_[i].running) job.state = State::kBegun;
    if (begun || live_[i].running) job.cap = line.cap;
    jobs.push_back(job);
  }
  SprintLimits limits{.parallel = parts_.plan.parallel, .budget = parts_.budget};
  if (parts_.plan.minutes)
    limits.until = parts_.record.sittings.back().began + Millis::seconds(60) * *parts_.plan.minutes;
  return {limits, std::move(jobs)};
}

void SprintRun::advance() {
  for (JobMove move = queue_.next(system_now()); !failure_ && move != JobMove();
       move = queue_.next(system_now())) {
    if (const auto* skip = std::get_if<JobSkip>(&move)) {
      SprintJobLine& line = parts_.record.jobs[skip->job].line;
      line.state = SprintJobState::kSkipped;
      line.note =
          fmt::format("the sprint's budget has {} left, too little for its cap of {}",
                      skip->left.to_display(), parts_.plan.jobs[skip->job].cap.to_display());
      say(shown(line));
      if (Status saved = save(); !saved) return fail(saved.error());
      continue;
    }
    const JobStart& start = std::get<JobStart>(move);
    if (Status begun = begin(start.job, start.cap); !begun) return fail(begun.error());
  }
  if (queue_.closed() && stop_.cause == SprintStop::Cause::kNone) return out_of_time();
  if (queue_.over()) parts_.loop.stop();
}

// What it is promised is noted before it can be spent.
Status SprintRun::begin(std::size_t index, Money cap) {
  JobRecord& job = parts_.record.jobs[index];
  Result<std::optional<Fd>> lock = lock_job(parts_.folder.file_of(parts_.record.id, index, "lock"));
  if (!lock) return lock.error();
  BATON_CHECK(lock->has_value());
  job.line.state = SprintJobState::kRunning;
  job.line.note.clear();
  job.line.cap = cap;
  job.since = system_now();
  live_[index].running = true;
  if (Status saved = save(); !saved) return saved;
  const Result<int> pid = spawn_job(index, **lock);
  if (!pid) {
    parts_.loop.post([this, index, why = pid.error().message] { job_ended(index, why); });
    return {};
  }
  live_[index].pid = job.pid = *pid;
  live_[index].lock = std::move(**lock);
  say(fmt::format("job {} {}{}", job.line.name, job.line.run.empty() ? "begins" : "goes on",
                  cap > Money() ? fmt::format(", for at most {}", cap.to_display()) : ""));
  parts_.loop.on_child_exit(*pid, [this, index](int status) {
    job_ended(index, fmt::format("its process ended with {}", ending_words(status)));
  });
  return save();
}

Result<int> SprintRun::spawn_job(std::size_t index, const Fd& lock) {
  const std::filesystem::path log = parts_.folder.file_of(parts_.record.id, index, "log");
  const Fd out(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!out.ok()) {
    return system_error(fmt::format("cannot write {}: {}", log.string(), std::strerror(errno)));
  }
  // Its standard input is its lock file: nothing to read, and locked for as long as it lives, even
  // if we do not.
  const Result<Spawned> spawned = spawn({.argv = command_of(index),
                                         .environment = environment_for(parts_.place),
                                         .directory = {},
                                         .in = lock.get(),
                                         .out = out.get(),
                                         .err = out.get(),
                                         .leads = SpawnPlan::Leads::kSession});
  if (!spawned) return spawned.error();
  return spawned->pid;
}

std::vector<std::string> SprintRun::command_of(std::size_t index) const {
  const SprintJob& job = parts_.plan.jobs[index];
  const SprintJobLine& line = parts_.record.jobs[index].line;
  // The program as it was started, even if another has been installed in its place since.
  std::vector<std::string> argv = {"/proc/self/exe"};
  const bool resumes = !line.run.empty();
  if (resumes) {
    argv.insert(argv.end(), {"resume", line.run});
  } else {
    argv.emplace_back(to_string(job.kind));
    argv.insert(argv.end(), job.arguments.begin(), job.arguments.end());
    argv.insert(argv.end(), {"--repo", job.repo});
    if (line.cap > Money()) argv.insert(argv.end(), {"--budget", line.cap.to_string()});
  }
  argv.insert(argv.end(), {"--format", "json", "--output",
                           parts_.folder.file_of(parts_.record.id, index, "json").string(),
                           "--state", parts_.place.state.string()});
  if (!parts_.prices.empty()) argv.insert(argv.end(), {"--prices", parts_.prices});
  if (!resumes && !job.subject.empty()) argv.insert(argv.end(), {"--", job.subject});
  return argv;
}

void SprintRun::watch_stranger(std::size_t index) {
  parts_.loop.after(kLookAtStrangersEvery, [this, index] {
    const Result<std::optional<Fd>> lock =
        lock_job(parts_.folder.file_of(parts_.record.id, index, "lock"));
    if (!lock) return fail(lock.error());
    if (*lock) return job_ended(index, {});
    watch_stranger(index);
  });
}

void SprintRun::job_ended(std::size_t index, const std::string& how) {
  JobRecord& job = parts_.record.jobs[index];
  live_[index] = Live();
  if (Status noted = note_end(index, how); !noted) return fail(noted.error());
  queue_.ended(index, job.line.cost);
  say(shown(job.line));
  if (Status saved = save(); !saved) return fail(saved.error());
  if (!failure_) advance();
}

Status SprintRun::note_end(std::size_t index, const std::string& how) {
  JobRecord& job = parts_.record.jobs[index];
  SprintJobLine& line = job.line;
  const std::string output = parts_.folder.file_of(parts_.record.id, index, "json").string();
  const bool was_running = line.state == SprintJobState::kRunning;
  job.pid = 0;
  if (line.run.empty()) {
    const Instant since = Instant::from_unix_ms(job.since->unix_ms() - kClockSlackMs);
    Result<RunId> run = run_reporting_to(parts_.journal, output, since);
    if (!run) return run.error();
    line.run = std::move(*run);
  }
  if (line.run.empty()) {
    // Where nobody saw its end, or we stopped it, that it had not begun is no fault of its.
    const bool at_fault = stop_.cause == SprintStop::Cause::kNone && !how.empty();
    const std::string words = last_words(parts_.folder.file_of(parts_.record.id, index, "log"));
    line.state = at_fault ? SprintJobState::kRefused : SprintJobState::kWaiting;
    line.note.clear();
    if (at_fault) line.note = words.empty() ? how : fmt::format("{} ({})", words, how);
    return {};
  }
  const Result<JobOutcome> outcome = outcome_of(parts_.journal, line.run);
  if (!outcome) return outcome.error();
  if (was_running) {  // where nobody saw its process end, its run's last event is the end
    const Instant until = how.empty() ? outcome->until : system_now();
    line.worked = line.worked + std::max(until - *job.since, Millis());
  }
  line.state = outcome->state;
  line.note = outcome->note;
  if (line.state == SprintJobState::kInterrupted && !how.empty()) line.note = how;
  line.cost = outcome->cost.total;
  line.unknown = outcome->cost.unknown;
  line.tasks = outcome->tasks;
  line.tasks_done = outcome->tasks_done;
  read_job_report(line, output);
  // Whatever refuses this one (a key, a spend limit, no network) would refuse the next one too.
  if (outcome->refused && !how.empty() && stop_.cause == SprintStop::Cause::kNone) {
    stop_ = {SprintStop::Cause::kProvider, fmt::format("job {}: {}", line.name, line.note)};
    queue_.close();
  }
  return {};
}

void SprintRun::stop(SprintStop::Cause cause, std::string reason) {
  if (stop_.cause == SprintStop::Cause::kNone) stop_ = {cause, std::move(reason)};
  queue_.close();
  if (queue_.running() > 0) {
    say(fmt::format("{}: nothing more is started, and what runs is asked to pause", stop_.reason));
  }
  for (const Live& live : live_) {
    if (live.running && live.pid > 0) ::kill(live.pid, SIGINT);
  }
  if (queue_.over()) parts_.loop.stop();
}

void SprintRun::out_of_time() {
  stop(SprintStop::Cause::kTime,
       fmt::format("the time box of {} min is used up", parts_.plan.minutes.value_or(0)));
}

void SprintRun::interrupt() {
  constexpr int kPatience = 2;  // the second one cuts the calls in flight, as in a single run
  if (++interrupts_ <= kPatience) return stop(SprintStop::Cause::kUser, "interrupted");
  for (const Live& live : live_) {
    if (live.running && live.pid > 0) ::kill(-live.pid, SIGKILL);
  }
}

void SprintRun::fail(const Error& error) {
  if (!failure_) failure_ = error;
  parts_.loop.stop();
}

Status SprintRun::save() {
  parts_.record.sittings.back().until = system_now();
  return parts_.folder.save(parts_.record);
}

}  // namespace baton
