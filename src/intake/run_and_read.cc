#include "intake/run_and_read.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace baton {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxErrors = 16 * 1024;

// What programs need of our environment to work as the user set them up. SUDO_UID: git decides by
// it whose repositories are trusted.
constexpr std::array kPassedOn = {"PATH",
                                  "HOME",
                                  "USER",
                                  "LOGNAME",
                                  "TMPDIR",
                                  "XDG_CONFIG_HOME",
                                  "SUDO_UID",
                                  "GIT_CONFIG_GLOBAL",
                                  "GIT_CONFIG_NOSYSTEM",
                                  "GIT_CEILING_DIRECTORIES"};

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  void reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

struct Pipe {
  Fd read_end;
  Fd write_end;

  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
    return true;
  }
};

Error failed(const ShortProgram& program, std::string_view what) {
  return system_error(fmt::format("{} {}", program.argv.front(), what));
}

Error failed_by_errno(const ShortProgram& program, std::string_view what, int number) {
  return failed(program, fmt::format("{}: {}", what, std::strerror(number)));
}

// The input as a file in memory: unlike a pipe it takes all of it at once, and a program that ends
// without reading does us no harm.
bool open_input(std::string_view input, Fd& fd) {
  fd.reset(memfd_create("input", MFD_CLOEXEC));
  if (fd.get() < 0) return false;
  while (!input.empty()) {
    const ssize_t written = write(fd.get(), input.data(), input.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  return lseek(fd.get(), 0, SEEK_SET) == 0;
}

std::vector<std::string> environment_of(const ShortProgram& program) {
  std::vector<std::string> environment = {"LC_ALL=C"};
  for (const char* name : kPassedOn) {
    if (const char* value = std::getenv(name))
      environment.push_back(fmt::format("{}={}", name, value));
  }
  environment.insert(environment.end(), program.environment.begin(), program.environment.end());
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Its process id, or the error number.
struct Started {
  pid_t pid = -1;
  int error = 0;
};

Started start(const ShortProgram& program, int in, int out, int err) {
  std::vector<std::string> arguments = program.argv;
  std::vector<std::string> environment = environment_of(program);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);

  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);

  Started started;
  started.error = posix_spawnp(&started.pid, arguments.front().c_str(), &files, &attributes,
                               pointers_to(arguments).data(), pointers_to(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return started;
}

// Reads what is there; closes `fd` at its end. False if it cannot be read.
bool read_some(Fd& fd, std::string& text, std::size_t limit) {
  std::array<char, 64 * 1024> buffer;
  const ssize_t count = read(fd.get(), buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (count == 0) fd.reset();
  const std::size_t room = limit - std::min(limit, text.size());
  text.append(buffer.data(), std::min(static_cast<std::size_t>(count), room));
  return true;
}

// Reads both streams to their ends; what went wrong, if something did.
std::optional<Error> read_all(const ShortProgram& program, Fd& out, Fd& err,
                              ProgramOutput& output) {
  const Clock::time_point deadline = Clock::now() + program.timeout;
  while (out.get() >= 0 || err.get() >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    std::array<pollfd, 2> polled = {pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0}};
    const int ready =
        left.count() <= 0 ? 0 : poll(polled.data(), polled.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return failed_by_errno(program, "could not be read from", errno);
    if (ready == 0) {
      return failed(program, fmt::format("took longer than {} s and was stopped",
                                         program.timeout.count() / 1000));
    }
    const bool read =
        (polled[0].revents == 0 || read_some(out, output.out, program.max_output + 1)) &&
        (polled[1].revents == 0 || read_some(err, output.err, kMaxErrors));
    if (!read) return failed_by_errno(program, "could not be read from", errno);
    if (output.out.size() > program.max_output) {
      return failed(
          program, fmt::format("wrote more than {} MiB and was stopped", program.max_output >> 20));
    }
  }
  return std::nullopt;
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<ProgramOutput> run_and_read(const ShortProgram& program) {
  BATON_CHECK(!program.argv.empty());
  Fd in;
  Pipe out;
  Pipe err;
  if (!open_input(program.input, in) || !out.open() || !err.open()) {
    return failed_by_errno(program, "could not be started", errno);
  }
  const Started started = start(program, in.get(), out.write_end.get(), err.write_end.get());
  if (started.error == ENOENT) {
    return not_found(
        fmt::format("{} is not installed: no such program in PATH", program.argv.front()));
  }
  if (started.error != 0) return failed_by_errno(program, "could not be started", started.error);
  out.write_end.reset();
  err.write_end.reset();

  ProgramOutput output;
  const std::optional<Error> error = read_all(program, out.read_end, err.read_end, output);
  if (error) kill(-started.pid, SIGKILL);
  output.exit_code = exit_code_of(started.pid);
  if (error) return *error;
  return output;
}

}  // namespace baton
