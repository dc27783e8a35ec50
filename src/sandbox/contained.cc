#include "sandbox/contained.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/fd.h"
#include "base/file_bytes.h"
#include "base/spawn.h"
#include "base/text.h"
#include "sandbox/bounded_output.h"
#include "sandbox/command_line.h"
#include "sandbox/limits.h"
#include "sandbox/memory_watch.h"
#include "sandbox/process_fd.h"
#include "sandbox/start.h"
#include "sandbox/syscall_filter.h"

namespace baton {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kKilled = 256 + SIGKILL;
// A killed process may hang in the kernel, on a dead disk say. Then we do not hang with it.
constexpr int kLastWaitMs = 10'000;

Error cannot_start(std::string_view why) {
  return system_error(fmt::format("the sandbox could not be started: {}", why));
}

std::string joined_by_zeros(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined.append(text).push_back('\0');
  return joined;
}

// The number that bubblewrap's status tells under this name.
std::optional<int> told(const std::string& status, const char* name) {
  const std::string key = fmt::format("\"{}\": ", name);
  const std::size_t at = status.find(key);
  if (at == status.npos || status.find('\n', at) == status.npos) return std::nullopt;
  return std::atoi(status.c_str() + at + key.size());
}

bool is_readable(int fd, int timeout_ms) {
  pollfd polled = {fd, POLLIN, 0};
  return ::poll(&polled, 1, timeout_ms) == 1;
}

// False at its end.
template <typename Take>
bool read_some(const Fd& fd, Take take) {
  std::array<char, 64 << 10> buffer;
  const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR;
  take(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
  return count > 0;
}

class Contained {
 public:
  Contained(const SandboxJob& job, const Cancellation* cancel)
      : job_(job), cancel_(cancel), text_(job.output_limit) {}
  Contained(const Contained&) = delete;
  Contained& operator=(const Contained&) = delete;
  ~Contained() { stop(); }

  Status start(const std::filesystem::path& bubblewrap, const std::vector<std::string>& options);
  // Until the command has ended, or something ends it.
  Status wait();
  Result<SandboxEnd> end();

 private:
  Status begin(pid_t inner);
  Status read_ready(const std::array<pollfd, 4>& polled);
  int left_ms() const;
  bool was_stopped() const { return timed_out_ || cancelled_ || out_of_memory_; }
  void stop();

  const SandboxJob& job_;
  const Cancellation* cancel_;
  const Clock::time_point started_ = Clock::now();
  std::optional<ControlGroup> group_;  // the last to go
  std::optional<MemoryWatch> watch_;   // where there is no group
  Fd output_;
  Fd status_;
  Pipe gate_;        // both ends: writing to it never meets a closed pipe
  Pipe permit_;      // likewise
  pid_t outer_ = 0;  // bubblewrap; 0: not started, or reaped
  Fd outer_fd_;
  Fd inner_fd_;  // the first process inside: with it everything inside ends
  std::string status_text_;
  BoundedOutput text_;
  int ending_ = 0;
  bool timed_out_ = false;
  bool cancelled_ = false;
  bool out_of_memory_ = false;
};

Status Contained::start(const std::filesystem::path& bubblewrap,
                        const std::vector<std::string>& options) {
  const Result<SyscallFilters>& filters = syscall_filters();
  if (!filters) return filters.error();
  std::optional<Pipe> output = open_pipe();
  std::optional<Pipe> status = open_pipe();
  std::optional<Pipe> gate = open_pipe();
  std::optional<Pipe> permit = open_pipe();
  if (!output || !status || !gate || !permit) return cannot_start(std::strerror(errno));

  std::vector<Fd> handed;  // in the order of Handed
  handed.push_back(memory_file(joined_by_zeros(options)));
  handed.push_back(std::move(status->writer));
  handed.emplace_back(::fcntl(gate->reader.get(), F_DUPFD_CLOEXEC, 0));
  handed.push_back(memory_file(filters->calls));
  handed.push_back(memory_file(filters->uses));
  handed.emplace_back(::fcntl(permit->reader.get(), F_DUPFD_CLOEXEC, 0));
  for (const std::string& text : synthetic_files()) handed.push_back(memory_file(text));
  for (const Fd& fd : handed) {
    if (!fd.ok()) return cannot_start(std::strerror(errno));
  }
  std::vector<std::string> argv = {bubblewrap.string(), "--args", std::to_string(kFirstHanded),
                                   "--"};
  const std::vector<std::string> command = permitted(job_.argv);
  argv.insert(argv.end(), command.begin(), command.end());
  const Result<pid_t> pid =
      start_process(start_command(job_, std::move(argv)), output->writer.get(), handed);
  if (!pid) return pid.error();
  outer_ = *pid;
  outer_fd_ = process_fd(outer_);
  output_ = std::move(output->reader);
  status_ = std::move(status->reader);
  gate_ = std::move(*gate);
  permit_ = std::move(*permit);
  if (!outer_fd_.ok()) return cannot_start(std::strerror(errno));
  return {};
}

// The first process inside is there, and goes on to the command only when it is let go.
Status Contained::begin(pid_t inner) {
  inner_fd_ = process_fd(inner);
  if (!inner_fd_.ok()) return cannot_start(std::strerror(errno));
  group_ = ControlGroup::create(job_);
  if (group_ && !group_->add(inner)) group_.reset();
  if (!group_) watch_.emplace(inner, job_.memory_limit);
  const Status limited = set_limits(inner, job_);
  if (!limited) return limited;
  const bool let_go = ::write(gate_.writer.get(), "g", 1) == 1 &&
                      ::write(permit_.writer.get(), kPermission.data(), kPermission.size()) ==
                          static_cast<ssize_t>(kPermission.size());
  return let_go ? Status() : cannot_start(std::strerror(errno));
}

int Contained::left_ms() const {
  const auto past = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_);
  const std::int64_t left = job_.limit.count() - past.count();
  const std::int64_t longest = watch_ ? MemoryWatch::kEvery.count() : 60'000;
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
}

Status Contained::read_ready(const std::array<pollfd, 4>& polled) {
  if (polled[0].revents != 0 &&
      !read_some(output_, [&](std::string_view bytes) { text_.add(bytes); })) {
    output_.reset();
  }
  if (polled[1].revents != 0 &&
      !read_some(status_, [&](std::string_view bytes) { status_text_ += bytes; })) {
    status_.reset();
  }
  const std::optional<int> inner = told(status_text_, "child-pid");
  if (inner && !inner_fd_.ok() && polled[2].revents == 0) return begin(*inner);
  return {};
}

Status Contained::wait() {
  while (true) {
    std::array<pollfd, 4> polled = {{{output_.get(), POLLIN, 0},
                                     {status_.get(), POLLIN, 0},
                                     {outer_fd_.get(), POLLIN, 0},
                                     {cancel_ != nullptr ? cancel_->fd() : -1, POLLIN, 0}}};
    const int left = left_ms();
    const int ready = ::poll(polled.data(), polled.size(), left);
    if (ready < 0 && errno != EINTR) return cannot_start(std::strerror(errno));
    if (ready < 0) continue;
    cancelled_ = polled[3].revents != 0;
    timed_out_ = !cancelled_ && left == 0;
    out_of_memory_ = !cancelled_ && !timed_out_ && watch_ && watch_->is_exceeded();
    if (was_stopped()) return {};
    const Status read = read_ready(polled);
    if (!read) return read;
    if (polled[2].revents != 0) return {};
  }
}

// Kills what is left, and waits until nothing is.
void Contained::stop() {
  if (outer_ == 0) return;
  if (inner_fd_.ok()) {
    kill_process(inner_fd_);
    is_readable(inner_fd_.get(), kLastWaitMs);
  }
  // Before it told of a process inside, that one is of its group or ends with it.
  if (!is_readable(outer_fd_.get(), inner_fd_.ok() ? 100 : 0)) ::kill(-outer_, SIGKILL);
  int wait_status = 0;
  while (::waitpid(outer_, &wait_status, 0) < 0 && errno == EINTR) {
  }
  ending_ = exit_status(wait_status);
  outer_ = 0;
}

Result<SandboxEnd> Contained::end() {
  stop();
  while (output_.ok() && is_readable(output_.get(), kLastWaitMs) &&
         read_some(output_, [&](std::string_view bytes) { text_.add(bytes); })) {
  }
  while (status_.ok() && is_readable(status_.get(), 0) &&
         read_some(status_, [&](std::string_view bytes) { status_text_ += bytes; })) {
  }
  SandboxEnd end = {.output = text_.text(),
                    .truncated = text_.truncated(),
                    .timed_out = timed_out_,
                    .cancelled = cancelled_,
                    .out_of_memory = out_of_memory_};
  end.took = Millis(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_).count());
  if (group_ && group_->ran_out_of_memory()) end.out_of_memory = true;
  const std::optional<int> code = told(status_text_, "exit-code");
  // Without a code it never ran; unless the first process inside was killed, by want of memory say.
  if (!was_stopped() && !code && (!inner_fd_.ok() || ending_ == 1)) {
    while (end.output.ends_with('\n')) end.output.pop_back();
    return cannot_start(shorten(for_terminal(end.output), 1000));
  }
  end.status = was_stopped() ? kKilled : code.value_or(ending_);
  return end;
}

}  // namespace

Result<SandboxEnd> run_contained(const std::filesystem::path& bubblewrap, const SandboxJob& job,
                                 const std::vector<std::string>& options,
                                 const Cancellation* cancel) {
  Contained contained(job, cancel);
  const Status started = contained.start(bubblewrap, options);
  if (!started) return started.error();
  const Status waited = contained.wait();
  if (!waited) return waited.error();
  return contained.end();
}

}  // namespace baton
