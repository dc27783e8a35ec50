#include "tool/host_program.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "base/fd.h"
#include "base/spawn.h"

namespace baton {
namespace {

using Clock = std::chrono::steady_clock;
using How = HostProgramEnd::How;

constexpr std::size_t kMostErrors = 16 << 10;
constexpr rlim_t kMostMemory = rlim_t{2} << 30;

// Only absolute folders count: the program starts in a tree that may hold an "rg" of its own.
std::string find_on_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string_view folder = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!folder.starts_with('/')) continue;
    std::string file = fmt::format("{}/{}", folder, name);
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

void limit_resources(pid_t pid, Millis time) {
  const auto set = [pid](auto what, rlim_t most) {
    const rlimit limit{most, most};
    prlimit(pid, what, &limit, nullptr);  // best effort: its output and time are bounded anyway
  };
  set(RLIMIT_AS, kMostMemory);
  set(RLIMIT_CORE, 0);
  set(RLIMIT_CPU, static_cast<rlim_t>(time.count() / 1000 + 1));
}

// Reads what is there, up to `most`; closes `fd` at its end. False: `text` is full.
bool read_some(Fd& fd, std::string& text, std::size_t most) {
  std::array<char, 64 << 10> buffer;
  const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (count <= 0) {
    fd.reset();
    return true;
  }
  const std::size_t room = most - text.size();
  const auto have = static_cast<std::size_t>(count);
  text.append(buffer.data(), std::min(have, room));
  return have <= room;
}

How read_all(const HostProgram& program, Fd& out, Fd& err, HostProgramEnd& end) {
  const Clock::time_point deadline =
      Clock::now() + std::chrono::milliseconds(program.limit.count());
  const int cancel = program.cancel == nullptr ? -1 : program.cancel->fd();
  while (out.ok() || err.ok()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return How::kTookTooLong;
    std::array<pollfd, 3> polled = {pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0},
                                    pollfd{cancel, POLLIN, 0}};
    if (poll(polled.data(), polled.size(), static_cast<int>(left.count())) <= 0) continue;
    if (polled[2].revents != 0) return How::kCancelled;
    if (polled[1].revents != 0) read_some(err, end.err, kMostErrors);
    if (polled[0].revents != 0 && !read_some(out, end.out, program.most_output)) {
      return How::kSaidTooMuch;
    }
  }
  return How::kByItself;
}

}  // namespace

Result<HostProgramEnd> run_host_program(const HostProgram& program) {
  BATON_CHECK(!program.argv.empty() && program.folder >= 0);
  const std::string& name = program.argv.front();
  std::vector<std::string> argv = program.argv;
  argv.front() = find_on_path(name);
  if (argv.front().empty()) return not_found(fmt::format("{} is not installed", name));
  std::optional<Pipe> out = open_pipe();
  std::optional<Pipe> err = out ? open_pipe() : std::nullopt;
  if (!err) return system_error(fmt::format("cannot start {}: {}", name, std::strerror(errno)));
  // The folder comes in as standard input: other descriptors are closed before it is entered.
  const Result<Spawned> spawned =
      spawn({.argv = std::move(argv),
             .environment = {"PATH=/usr/bin:/bin", "HOME=/nonexistent", "LC_ALL=C.UTF-8"},
             .directory = "/proc/self/fd/0",
             .in = program.folder,
             .out = out->writer.get(),
             .err = err->writer.get()});
  if (!spawned) return spawned.error();
  limit_resources(spawned->pid, program.limit);
  out->writer.reset();
  err->writer.reset();
  HostProgramEnd end;
  end.how = read_all(program, out->reader, err->reader, end);
  if (end.how != How::kByItself) spawned->kill_group();
  end.status = spawned->wait();
  return end;
}

}  // namespace baton
