#include "sandbox/probe.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/fd.h"
#include "base/run_and_read.h"
#include "base/spawn.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "sandbox/process_fd.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr int kProcesses = 61;  // as nobody else would limit them
constexpr std::string_view kBait = "bait-5d1f0c";

struct Attack {
  const char* name;
  // Succeeds where the attack came through. $OUT: the bait's folder; $PID: a process with the bait
  // in its environment; $PORT: of a server on this machine; it starts in the workspace.
  const char* script;
  // Comes through where no sandbox is. (Others need rights that we may not have ourselves.)
  bool seen_outside = true;
};

constexpr std::array<Attack, 11> kAttacks = {{
    {"read a file outside of the workspace", "grep -q $BAIT $OUT/secret"},
    {"write a file outside of the workspace", "echo written >$OUT/target"},
    {"read the environment of another process", "grep -q $BAIT /proc/$PID/environ"},
    {"connect to a server on this machine", "bash -c \"exec 3<>/dev/tcp/127.0.0.1/$PORT\""},
    {"make a user namespace", "unshare -U true"},
    {"write into .git", "echo written >.git/config"},
    {"move .git away", "mv .git moved"},
    {"kill a process outside", "kill -9 $PID; false"},
    {"choose what the kernel runs after a crash", "test -w /proc/sys/kernel/core_pattern", false},
    {"keep a capability", "grep -q '^Cap[IPEA][a-z]*:.*[1-9a-f]' /proc/self/status", false},
    {"start processes without a limit",
     "test $(sed -n 's/^Max processes *\\([0-9a-z]*\\).*/\\1/p' /proc/self/limits) != 61", false},
}};

// What the attacks are aimed at: a folder with a workspace in it, a process, a server.
struct Bait {
  TemporaryFolder folder;
  Fd server;
  int port = 0;
  std::optional<Spawned> process;
  Fd process_ended;

  explicit Bait(TemporaryFolder made) : folder(std::move(made)) {}
  Bait(Bait&& other) noexcept
      : folder(std::move(other.folder)),
        server(std::move(other.server)),
        port(other.port),
        process(std::exchange(other.process, std::nullopt)),
        process_ended(std::move(other.process_ended)) {}
  ~Bait() {
    if (!process) return;
    process->kill_group();
    process->wait();
  }
  fs::path workspace() const { return folder.path() / "workspace"; }
};

void write_file(const fs::path& file, std::string_view text) {
  std::ofstream(file) << text;
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool listen_on_loopback(Bait& bait) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  bait.server = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!bait.server.ok() || ::bind(bait.server.get(), any, size) != 0 ||
      ::listen(bait.server.get(), 4) != 0 || ::getsockname(bait.server.get(), any, &size) != 0) {
    return false;
  }
  bait.port = ntohs(address.sin_port);
  return true;
}

// The kernel lets us go on before the new program's environment is in place.
void await_environment(pid_t process) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (read_file(fmt::format("/proc/{}/environ", process)).find(kBait) == std::string::npos &&
         std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

Result<Bait> lay_bait() {
  Result<TemporaryFolder> folder = TemporaryFolder::create("baton-probe");
  if (!folder) return folder.error();
  Bait bait(std::move(*folder));
  std::error_code failed;
  fs::create_directories(bait.workspace() / ".git", failed);
  write_file(bait.folder.path() / "secret", kBait);
  write_file(bait.folder.path() / "target", "untouched");
  write_file(bait.workspace() / ".git" / "config", "untouched");
  const Fd nowhere(::dup(STDERR_FILENO));
  const Result<Spawned> process = spawn({.argv = {"sleep", "30"},
                                         .environment = {fmt::format("SECRET={}", kBait)},
                                         .directory = bait.folder.path().string(),
                                         .out = nowhere.get(),
                                         .err = nowhere.get()});
  if (!process || failed || !listen_on_loopback(bait))
    return system_error("the sandbox cannot be tried: its bait could not be laid");
  bait.process = *process;
  bait.process_ended = process_fd(process->pid);
  await_environment(process->pid);
  return bait;
}

std::string script_for(const Bait& bait, const std::string& workspace) {
  std::string script = fmt::format(
      "PATH=/usr/bin:/bin:/usr/sbin:/sbin; BAIT={}; OUT={}; PID={}; PORT={}; cd {} || exit 1\n",
      kBait, bait.folder.path().string(), bait.process->pid, bait.port, workspace);
  for (std::size_t i = 0; i < kAttacks.size(); ++i)
    script += fmt::format("({}) >/dev/null 2>&1 && echo through {}.\n", kAttacks[i].script, i);
  return script + "echo all tried\n";
}

// How long is waited for what an attack does: a killed process needs a moment to end, on a busy
// machine a long one. Inside, where nothing is to come, every wait is for nothing.
constexpr int kWaitInsideMs = 5;
constexpr int kWaitOutsideMs = 2'000;

bool is_readable(const Fd& fd, int wait_ms) {
  pollfd polled = {fd.get(), POLLIN, 0};
  return ::poll(&polled, 1, wait_ms) == 1;
}

// What the bait itself tells, whatever the attack says about itself.
bool took_bait(const Bait& bait, std::string_view attack, int wait_ms) {
  if (attack.starts_with("write a file"))
    return read_file(bait.folder.path() / "target") != "untouched";
  if (attack.starts_with("write into"))
    return read_file(bait.workspace() / ".git" / "config") == "written\n";
  if (attack.starts_with("move")) return !fs::exists(bait.workspace() / ".git");
  if (attack.starts_with("connect")) return is_readable(bait.server, wait_ms);
  if (attack.starts_with("kill")) return is_readable(bait.process_ended, wait_ms);  // it has ended
  return false;
}

std::vector<ProbeResult> results_of(const Bait& bait, const std::string& output, int wait_ms) {
  std::vector<ProbeResult> results;
  for (std::size_t i = 0; i < kAttacks.size(); ++i) {
    const bool through = output.find(fmt::format("through {}.", i)) != output.npos ||
                         took_bait(bait, kAttacks[i].name, wait_ms);
    results.push_back({.attack = kAttacks[i].name,
                       .held = !through,
                       .what_came = through ? "it came through" : "held"});
  }
  return results;
}

std::string first_line(const fs::path& file) {
  const std::string text = read_file(file);
  return text.substr(0, text.find('\n'));
}

// What most often keeps bubblewrap from working, and what the user can do.
std::string advice(const std::string& message) {
  if (message.find("Unknown option") != message.npos)
    return "it is too old: version 0.8 or newer is needed";
  if (message.find("sandbox-start:") != message.npos)
    return "started by root, it needs root's rights to mount and to change users: give them, or "
           "run "
           "baton as an ordinary user";
  if (first_line("/proc/sys/user/max_user_namespaces") == "0")
    return "user namespaces are switched off: sysctl user.max_user_namespaces=10000";
  if (first_line("/proc/sys/kernel/unprivileged_userns_clone") == "0")
    return "user namespaces are switched off: sysctl kernel.unprivileged_userns_clone=1";
  if (first_line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1")
    return "AppArmor keeps user namespaces from programs without a profile: give bwrap one "
           "(Ubuntu: "
           "apt install apparmor-profiles, then enable bwrap-userns-restrict)";
  return "it needs Linux 5.14 or newer with user namespaces for ordinary users; a container must "
         "be "
         "allowed to make them and to mount /proc";
}

Error unusable(std::string_view why) {
  return system_error(
      fmt::format("the sandbox cannot be used, so commands of a model are not run: {}", why));
}

Result<std::vector<ProbeResult>> attack_inside(const Sandbox& sandbox) {
  const Result<Bait> bait = lay_bait();
  if (!bait) return bait.error();
  const Status adopted = Sandbox::adopt(bait->workspace());
  if (!adopted) return unusable(adopted.error().message);
  const Result<SandboxEnd> end = sandbox.run({.argv = {"sh", "-c", script_for(*bait, "/workspace")},
                                              .workspace = bait->workspace(),
                                              .limit = Millis::seconds(10),
                                              .process_limit = kProcesses},
                                             nullptr);
  if (!end) {
    return unusable(fmt::format("{} ({})", end.error().message, advice(end.error().message)));
  }
  if (end->output.find("all tried") == end->output.npos) {
    return unusable(fmt::format("its probe ended early, with {}: {}", ending_words(end->status),
                                shorten(for_terminal(end->output), 500)));
  }
  return results_of(*bait, end->output, kWaitInsideMs);
}

Result<std::vector<ProbeResult>> attack_outside() {
  const Result<Bait> bait = lay_bait();
  if (!bait) return bait.error();
  const Result<ProgramOutput> run =
      run_and_read({.argv = {"/bin/sh", "-c", script_for(*bait, bait->workspace().string())},
                    .timeout = std::chrono::seconds(10)});
  if (!run) return run.error();
  return results_of(*bait, run->out, kWaitOutsideMs);
}

}  // namespace

Result<std::vector<ProbeResult>> probe(const Sandbox& sandbox) {
  const Result<std::vector<ProbeResult>> inside = attack_inside(sandbox);
  if (!inside) return inside.error();
  for (const ProbeResult& result : *inside) {
    if (!result.held)
      return unusable(fmt::format("an attack on it came through: {}", result.attack));
  }
  const Result<std::vector<ProbeResult>> outside = attack_outside();
  if (!outside) return outside.error();
  for (std::size_t i = 0; i < kAttacks.size(); ++i) {
    if (kAttacks[i].seen_outside && (*outside)[i].held) {
      return unusable(
          fmt::format("nothing is proven: \"{}\" fails without a sandbox too (bash and "
                      "util-linux must be installed)",
                      kAttacks[i].name));
    }
  }
  return inside;
}

}  // namespace baton
