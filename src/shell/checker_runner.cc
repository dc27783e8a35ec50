#include "shell/checker_runner.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "base/hash.h"
#include "base/text.h"
#include "checker/selection.h"
#include "shell/checker_workspace.h"
#include "shell/subprocess.h"

namespace baton {
namespace {

namespace fs = std::filesystem;
using State = CheckerOutcome::State;

// A command line has room for a few megabytes; a long one is cut into several runs.
constexpr std::size_t kFilesPerRun = 200;
constexpr std::size_t kDetailLimit = 300;

// What one run of one program is to do, and later what came of it.
struct Batch {
  Checker checker;
  std::vector<const ChangedFile*> files;  // of the change; only until the batch is laid out
};

struct BatchResult {
  CheckerOutcome outcome;
  std::vector<Finding> findings;
};

using BatchDone = std::function<void(const BatchResult&)>;

std::string key_of(const Batch& batch) {
  std::string content = batch.checker.name;
  for (const ChangedFile* file : batch.files) {
    content += '\0' + file->path + '\0' + sha256_hex(*file->text);
    for (const LineRange& range : file->added()) {
      content += fmt::format(" {}-{}", range.first, range.last);
    }
  }
  return sha256_hex(content);
}

std::string first_line(std::string_view text) {
  const std::vector<std::string_view> lines = split_lines(text);
  return lines.empty() ? "nothing" : "'" + to_utf8(shorten(lines.front(), kDetailLimit)) + "'";
}

// One program, from laying out its files to reading what it printed.
class CheckerExecution {
 public:
  CheckerExecution(const Batch& batch, CheckerWorkspace workspace, SubprocessRequest request)
      : checker_(batch.checker), workspace_(std::move(workspace)), request_(std::move(request)) {
    result_.outcome.checker = checker_.name;
    result_.outcome.files = static_cast<int>(batch.files.size());
    for (const ChangedFile* file : batch.files) added_[file->path] = file->added();
  }

  void start(Loop& loop, std::function<void(BatchResult)> done) {
    done_ = std::move(done);
    process_ = start_subprocess(loop, std::move(request_),
                                [this](const Result<SubprocessResult>& ended) { read(ended); });
  }

 private:
  void read(const Result<SubprocessResult>& ended) {
    if (!ended) return end(State::kFailed, ended.error().message);
    if (ended->timed_out) return end(State::kTimedOut, "");
    if (ended->truncated) return end(State::kFailed, "it printed more than baton reads");
    const std::vector<int>& good = checker_.ok_exit_codes;
    if (std::find(good.begin(), good.end(), ended->status) == good.end()) {
      return end(State::kFailed,
                 fmt::format("it ended with {}, saying {}", ended->status, first_line(ended->err)));
    }
    const bool is_stdout = checker_.output.stream == "stdout";
    Result<std::vector<Finding>> findings =
        read_checker_output(checker_, is_stdout ? ended->out : ended->err);
    if (!findings) return end(State::kFailed, findings.error().message);
    for (Finding& finding : *findings) {
      finding.file = workspace_.repository_path(finding.file);
      const auto added = added_.find(finding.file);
      if (added == added_.end() || !covers(added->second, finding.line)) continue;
      result_.findings.push_back(std::move(finding));
    }
    end(State::kRan, "");
  }

  // Requires: called as the last thing, as `done_` frees this object.
  void end(State state, std::string detail) {
    result_.outcome.state = state;
    result_.outcome.detail = std::move(detail);
    const auto done = std::move(done_);
    done(std::move(result_));
  }

  Checker checker_;
  CheckerWorkspace workspace_;
  SubprocessRequest request_;
  std::map<std::string, std::vector<LineRange>> added_;
  BatchResult result_;
  std::function<void(BatchResult)> done_;
  std::shared_ptr<Subprocess> process_;
};

// Collects the results of a job's batches into its report.
struct PendingReport {
  CheckerReport report;
  std::string task_type;
  std::string source;
  std::size_t missing = 0;
  std::function<void(CheckerReport)> done;

  void add(const BatchResult& result) {
    for (Finding finding : result.findings) {
      if (!task_type.empty() && finding.category != task_type) continue;
      finding.source = source.empty() ? result.outcome.checker
                                      : fmt::format("{} ({})", source, result.outcome.checker);
      report.findings.push_back(std::move(finding));
    }
    for (CheckerOutcome& outcome : report.outcomes) {
      if (outcome.checker != result.outcome.checker || outcome.state != State::kRan) continue;
      outcome.state = result.outcome.state;
      outcome.detail = result.outcome.detail;
    }
    if (--missing > 0) return;
    report.findings = merge_findings(std::move(report.findings));
    std::sort(report.findings.begin(), report.findings.end(),
              [](const Finding& a, const Finding& b) {
                return std::tie(a.file, a.line, a.source, a.message) <
                       std::tie(b.file, b.line, b.source, b.message);
              });
    done(std::move(report));
  }
};

class ProcessCheckerRunner : public CheckerRunner {
 public:
  ProcessCheckerRunner(Loop& loop, CheckerRunnerOptions options)
      : loop_(loop), options_(std::move(options)) {}

  void run(const CheckerJob& job, const Change& change,
           std::function<void(CheckerReport)> done) override {
    auto pending = std::make_shared<PendingReport>();
    pending->task_type = job.task_type;
    pending->source = job.source;
    pending->done = std::move(done);
    const std::vector<Batch> batches = batches_of(job, change, pending->report);
    pending->missing = batches.size();
    if (batches.empty()) {
      return later([pending] { pending->done(std::move(pending->report)); });
    }
    for (const Batch& batch : batches) {
      submit(batch, [pending](const BatchResult& result) { pending->add(result); });
    }
  }

 private:
  struct Entry {
    std::optional<BatchResult> result;
    std::vector<BatchDone> waiting;
    std::unique_ptr<CheckerExecution> execution;
  };

  // Also names what cannot be checked: files known only from a diff, and those with a path that
  // would lead out of the folder they are laid out in.
  static std::vector<Batch> batches_of(const CheckerJob& job, const Change& change,
                                       CheckerReport& report) {
    std::vector<const ChangedFile*> files;
    for (const std::string& path : job.paths) {
      const ChangedFile* file = change.find(path);
      if (file != nullptr && file->added().empty()) continue;  // nothing new to say anything about
      if (file != nullptr && is_checkable(*file) && is_path_inside(path)) {
        files.push_back(file);
      } else {
        report.unread.push_back(path);
      }
    }
    std::vector<Batch> batches;
    for (const Checker& checker : job.checkers) {
      Batch batch{checker, {}};
      int count = 0;
      for (const ChangedFile* file : files) {
        if (!reads_language(checker, language_of(file->path))) continue;
        ++count;
        batch.files.push_back(file);
        if (batch.files.size() < kFilesPerRun) continue;
        batches.push_back(std::exchange(batch, Batch{checker, {}}));
      }
      if (!batch.files.empty()) batches.push_back(std::move(batch));
      if (count > 0) report.outcomes.push_back({checker.name, State::kRan, count, ""});
    }
    return batches;
  }

  void submit(const Batch& batch, BatchDone done) {
    const std::string key = key_of(batch);
    auto [entry, is_new] = entries_.try_emplace(key);
    if (entry->second.result) {
      return later([done = std::move(done), result = *entry->second.result] { done(result); });
    }
    entry->second.waiting.push_back(std::move(done));
    if (!is_new) return;
    const std::string program = find_program(batch.checker.program, options_.tool_folders);
    if (program.empty()) {
      return fail_later(key, batch, State::kMissing,
                        fmt::format("{} is not installed", batch.checker.program));
    }
    Result<std::unique_ptr<CheckerExecution>> execution = prepare(batch, program);
    if (!execution) return fail_later(key, batch, State::kFailed, execution.error().message);
    entry->second.execution = *std::move(execution);
    queue_.push_back(key);
    start_next();
  }

  Result<std::unique_ptr<CheckerExecution>> prepare(const Batch& batch,
                                                    const std::string& program) const {
    Result<CheckerWorkspace> workspace = CheckerWorkspace::create();
    if (!workspace) return workspace.error();
    for (const ChangedFile* file : batch.files) {
      const Status added = workspace->add_file(file->path, *file->text);
      if (!added) return added.error();
    }
    Result<std::vector<std::string>> arguments = workspace->arguments(batch.checker);
    if (!arguments) return arguments.error();
    SubprocessRequest request;
    request.program = program;
    request.arguments = *std::move(arguments);
    request.directory = workspace->home();
    request.home = workspace->home();
    request.limit = options_.limit;
    return std::make_unique<CheckerExecution>(batch, *std::move(workspace), std::move(request));
  }

  void start_next() {
    while (running_ < options_.parallel && !queue_.empty()) {
      const std::string key = std::move(queue_.front());
      queue_.pop_front();
      ++running_;
      Entry& entry = entries_.at(key);
      entry.execution->start(loop_, [this, key](BatchResult result) {
        --running_;
        // Freed from the loop: this is called by the execution itself.
        later([execution =
                   std::shared_ptr<CheckerExecution>(std::move(entries_.at(key).execution))] {});
        start_next();
        settle(key, result);
      });
    }
  }

  void settle(const std::string& key, const BatchResult& result) {
    Entry& entry = entries_.at(key);
    entry.result = result;
    for (const BatchDone& done : std::exchange(entry.waiting, {})) done(result);
  }

  void fail_later(const std::string& key, const Batch& batch, State state, std::string detail) {
    BatchResult result;
    result.outcome = {batch.checker.name, state, static_cast<int>(batch.files.size()),
                      std::move(detail)};
    later([this, key, result = std::move(result)] { settle(key, result); });
  }

  void later(std::function<void()> work) {
    loop_.post([alive = std::weak_ptr<bool>(alive_), work = std::move(work)] {
      if (!alive.expired()) work();
    });
  }

  Loop& loop_;
  CheckerRunnerOptions options_;
  std::map<std::string, Entry> entries_;  // by key_of()
  std::deque<std::string> queue_;
  int running_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

void append(std::string& note, std::string_view part) {
  if (!note.empty()) note += "; ";
  note += part;
}

}  // namespace

bool CheckerReport::complete() const {
  return unread.empty() &&
         std::all_of(outcomes.begin(), outcomes.end(),
                     [](const CheckerOutcome& o) { return o.state == State::kRan; });
}

bool CheckerReport::any_ran() const {
  return std::any_of(outcomes.begin(), outcomes.end(),
                     [](const CheckerOutcome& o) { return o.state == State::kRan; });
}

std::string CheckerReport::note() const {
  std::vector<std::string> ran;
  for (const CheckerOutcome& outcome : outcomes) {
    if (outcome.state == State::kRan) ran.push_back(outcome.checker);
  }
  std::string note = ran.empty() ? "" : fmt::format("ran {}", fmt::join(ran, ", "));
  for (const CheckerOutcome& outcome : outcomes) {
    switch (outcome.state) {
      case State::kRan:
        break;
      case State::kMissing:
        append(note, outcome.detail);
        break;
      case State::kFailed:
        append(note, fmt::format("{} failed: {}", outcome.checker, outcome.detail));
        break;
      case State::kTimedOut:
        append(note, fmt::format("{} took too long and was stopped", outcome.checker));
        break;
    }
  }
  if (!unread.empty()) {
    append(note, fmt::format("not given to checkers, as their text is not known: {}",
                             shorten(fmt::format("{}", fmt::join(unread, ", ")), kDetailLimit)));
  }
  return note;
}

std::vector<std::string> default_tool_folders() {
  constexpr const char* kPrograms = "/node_modules/.bin";
  std::vector<std::string> folders;
  if (const char* chosen = std::getenv("BATON_TOOLS"); chosen != nullptr && chosen[0] != '\0') {
    folders.push_back(std::string(chosen) + kPrograms);
  }
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) {
    // build/release/baton of a source tree
    const fs::path root = program.parent_path().parent_path().parent_path();
    folders.push_back((root / "tools").string() + kPrograms);
  }
  folders.push_back(std::string("/usr/lib/baton/tools") + kPrograms);
  return folders;
}

std::unique_ptr<CheckerRunner> make_checker_runner(Loop& loop, CheckerRunnerOptions options) {
  return std::make_unique<ProcessCheckerRunner>(loop, std::move(options));
}

}  // namespace baton
