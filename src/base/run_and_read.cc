#include "base/run_and_read.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/fd.h"
#include "base/file_bytes.h"
#include "base/spawn.h"

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

Error failed(const ShortProgram& program, std::string_view what) {
  return system_error(fmt::format("{} {}", program.argv.front(), what));
}

Error failed_by_errno(const ShortProgram& program, std::string_view what, int number) {
  return failed(program, fmt::format("{}: {}", what, std::strerror(number)));
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
  while (out.ok() || err.ok()) {
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

}  // namespace

Result<ProgramOutput> run_and_read(const ShortProgram& program) {
  BATON_CHECK(!program.argv.empty());
  const Fd in = memory_file(program.input);
  if (!in.ok()) return failed_by_errno(program, "could not be started", errno);
  std::optional<Pipe> out = open_pipe();
  std::optional<Pipe> err = out ? open_pipe() : std::nullopt;
  if (!err) return failed_by_errno(program, "could not be started", errno);
  const Result<Spawned> spawned = spawn({.argv = program.argv,
                                         .environment = environment_of(program),
                                         .in = in.get(),
                                         .out = out->writer.get(),
                                         .err = err->writer.get()});
  if (!spawned && spawned.error().kind == ErrorKind::kNotFound) {
    return not_found(
        fmt::format("{} is not installed: no such program in PATH", program.argv.front()));
  }
  if (!spawned) return spawned.error();
  out->writer.reset();
  err->writer.reset();

  ProgramOutput output;
  const std::optional<Error> error = read_all(program, out->reader, err->reader, output);
  if (error) spawned->kill_group();
  output.status = spawned->wait();
  if (error) return *error;
  return output;
}

}  // namespace baton
