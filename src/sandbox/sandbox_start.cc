// The steps between a root's baton and bubblewrap, in a process of their own.
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "sandbox/start.h"

namespace baton {
namespace {

constexpr std::string_view kName = "sandbox-start";
constexpr int kFailed = 125;

// bubblewrap needs /tmp itself; what was there is out of the way below our mount.
constexpr const char* kPlace = "/tmp";

std::string place(std::size_t number) {
  return fmt::format("{}/{}", kPlace, number);
}

bool fails(const char* what) {
  fmt::print(stderr, "{}: cannot {}: {}\n", kName, what, std::strerror(errno));
  return false;
}

// Each folder, by descriptor: the mount over /tmp may cover its path.
bool show_at(const Fd& folder, const std::string& target) {
  const std::string source = fmt::format("/proc/self/fd/{}", folder.get());
  return ::mkdir(target.c_str(), 0755) == 0 &&
         ::mount(source.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0;
}

bool place_folders(const std::vector<std::string>& folders) {
  if (::unshare(CLONE_NEWNS) != 0) return fails("have mounts of its own");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return fails("keep its mounts to itself");
  std::vector<Fd> open_folders;
  for (const std::string& folder : folders) {
    open_folders.emplace_back(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!open_folders.back().ok()) return fails(fmt::format("open {}", folder).c_str());
  }
  if (::mount("tmpfs", kPlace, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") != 0)
    return fails("mount a file system of its own");
  for (std::size_t i = 0; i < open_folders.size(); ++i) {
    if (!show_at(open_folders[i], place(i)))
      return fails(fmt::format("show {}", folders[i]).c_str());
  }
  return true;
}

// For good: no capability is left, and none comes back.
bool become_sandbox_user() {
  if (::setgroups(0, nullptr) != 0 || ::setresgid(kSandboxUser, kSandboxUser, kSandboxUser) != 0 ||
      ::setresuid(kSandboxUser, kSandboxUser, kSandboxUser) != 0) {
    return fails("become an ordinary user");
  }
  if (::setuid(0) == 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return fails("stay an ordinary user");
  return true;
}

// Becoming another user forgets whose end is ours too; a parent that ended meanwhile is noticed.
bool end_with(pid_t parent) {
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent;
}

// Programs start themselves again by /proc/self/exe, and tests are such programs too: they need
// not know of it.
[[gnu::constructor]] void be_sandbox_start(int argc, char** argv, char**) {
  if (argc > 1 && argv[1] == kName) ::_exit(sandbox_start_main(argc - 1, argv + 1));
}

}  // namespace

bool started_by_root() {
  return ::geteuid() == 0;
}

Places places_of(const SandboxJob& job) {
  Places places = {.workspace = job.workspace.string()};
  for (const auto& folder : job.readable) places.readable.push_back(folder.string());
  if (!started_by_root()) return places;
  places.workspace = place(0);
  for (std::size_t i = 0; i < places.readable.size(); ++i) places.readable[i] = place(i + 1);
  return places;
}

std::vector<std::string> start_command(const SandboxJob& job, std::vector<std::string> bubblewrap) {
  if (!started_by_root()) return bubblewrap;
  std::vector<std::string> command = {
      "/proc/self/exe", std::string(kName), std::to_string(::getpid()),
      std::to_string(job.readable.size() + 1), job.workspace.string()};
  for (const auto& folder : job.readable) command.push_back(folder.string());
  command.insert(command.end(), bubblewrap.begin(), bubblewrap.end());
  return command;
}

// sandbox-start PARENT COUNT FOLDER... BUBBLEWRAP ARGUMENT...
int sandbox_start_main(int argc, const char* const* argv) {
  const int folders = argc > 2 ? std::atoi(argv[2]) : 0;
  if (folders < 1 || argc < folders + 4) {
    fmt::print(stderr, "{}: only baton itself calls this\n", kName);
    return kFailed;
  }
  const char* const* bubblewrap = argv + 3 + folders;
  if (!place_folders({argv + 3, bubblewrap}) || !become_sandbox_user()) return kFailed;
  if (!end_with(std::atoi(argv[1]))) return kFailed;
  char* no_environment[] = {nullptr};
  ::execve(bubblewrap[0], const_cast<char* const*>(bubblewrap), no_environment);
  fails("start bubblewrap");
  return kFailed;
}

}  // namespace baton
