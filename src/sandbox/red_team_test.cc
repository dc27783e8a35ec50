// Every attack of the red team is really made, and what it was aimed at is looked at afterwards.
// The controls make the same attacks where nothing, or not the one thing, holds them: they must
// succeed there, or the tests above would pass whatever the sandbox does.
#include "sandbox/red_team.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/fd.h"
#include "base/spawn.h"
#include "base/temporary_folder.h"
#include "base/test_files.h"
#include "sandbox/command_line.h"
#include "sandbox/contained.h"
#include "sandbox/process_fd.h"
#include "sandbox/sandbox.h"
#include "sandbox/start.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPython = R"(
import ctypes, os, signal, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
out = os.environ["OUT"]
def call(*arguments):
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    libc.syscall.restype = ctypes.c_long
    return libc.syscall(*wide)
def through(succeeded):
    if succeeded: print("THROUGH", flush=True)
)";

bool is_readable(const Fd& fd) {
  pollfd polled = {fd.get(), POLLIN, 0};
  return ::poll(&polled, 1, 5) == 1;
}

Fd unix_server(const std::string& name) {
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
  name.copy(address.sun_path, sizeof(address.sun_path) - 1);
  Fd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  EXPECT_EQ(::bind(server.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(server.get(), 4), 0);
  return server;
}

// What the attacks are aimed at.
class Bait {
 public:
  Bait() {
    fs::create_directories(outside());
    fs::create_directories(workspace() / ".git" / "hooks");
    write_file(outside() / "secret", "bait");
    write_file(outside() / "target", "untouched");
    write_file(workspace() / ".git" / "config", "untouched");
    open_secret_ = Fd(::open((outside() / "secret").c_str(), O_RDONLY));  // programs inherit it
    in_folder_ = unix_server((outside() / "socket").string());
    abstract_ = unix_server(std::string(1, '\0') + name());
    listen_on_loopback();
    start_bystander();
    EXPECT_TRUE(Sandbox::adopt(workspace()).ok());
  }
  ~Bait() {
    bystander_.kill_group();
    bystander_.wait();
    for (const pid_t survivor : survivors()) ::kill(survivor, SIGKILL);
  }

  fs::path workspace() const { return folder_->path() / "workspace"; }

  std::string script(const RedTeamAttack& attack) const {
    std::string text = fmt::format(
        "export OUT={} PID={} PORT={} ABSTRACT={} WORKSPACE={} MARK={}\n", outside().string(),
        bystander_.pid, port_, name(), workspace().string(), mark());
    if (attack.language == std::string_view("bash")) return text + attack.script;
    return text + "exec python3 - <<'EOF'\n" + kPython + attack.script + "\nEOF\n";
  }

  // What has happened to it.
  std::vector<std::string> damage() const {
    std::vector<std::string> all;
    const auto look = [&](bool damaged, const char* what) {
      if (damaged) all.emplace_back(what);
    };
    look(bytes_of(outside() / "secret") != "bait", "the secret was changed");
    look(bytes_of(outside() / "target") != "untouched", "a file outside was changed");
    look(entries(outside()) != 3, "something was put beside the files outside");
    look(bytes_of(workspace() / ".git" / "config") != "untouched", ".git/config was changed");
    look(entries(workspace() / ".git") != 2 || entries(workspace() / ".git" / "hooks") != 0,
         "something was put into .git");
    look(is_readable(server_), "a server on the machine was reached");
    look(is_readable(in_folder_) || is_readable(abstract_), "a Unix socket was reached");
    look(is_readable(bystander_ended_), "a process outside was killed");
    look(!survivors().empty(), "something outlived the command");
    look(bytes_of("/proc/sys/kernel/core_pattern") != core_pattern_, "core_pattern was changed");
    return all;
  }

 private:
  static TemporaryFolder make_folder() {
    Result<TemporaryFolder> folder = TemporaryFolder::create("baton-red-team");
    BATON_CHECK(folder.ok());
    return std::move(*folder);
  }
  static std::ptrdiff_t entries(const fs::path& folder) {
    std::error_code failed;
    return std::distance(fs::directory_iterator(folder, failed), fs::directory_iterator());
  }
  fs::path outside() const { return folder_->path() / "outside"; }
  std::string name() const { return folder_->path().filename().string(); }
  std::string mark() const { return "mark-" + name(); }

  void listen_on_loopback() {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    server_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(server_.get(), any, size), 0);
    EXPECT_EQ(::listen(server_.get(), 4), 0);
    EXPECT_EQ(::getsockname(server_.get(), any, &size), 0);
    port_ = ntohs(address.sin_port);
  }

  void start_bystander() {
    const Fd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    const Result<Spawned> spawned = spawn({.argv = {"bash", "-c", "exec -a host-only sleep 60"},
                                           .environment = {"PATH=/usr/bin:/bin", "SECRET=bait"},
                                           .directory = outside().string(),
                                           .out = nowhere.get(),
                                           .err = nowhere.get()});
    BATON_CHECK(spawned.ok());
    bystander_ = *spawned;
    bystander_ended_ = process_fd(bystander_.pid);
  }

  std::vector<pid_t> survivors() const {
    std::vector<pid_t> found;
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
      const pid_t pid = std::atoi(entry.path().filename().c_str());
      if (pid > 0 && bytes_of(entry.path() / "cmdline").starts_with(mark())) found.push_back(pid);
    }
    return found;
  }

  const std::shared_ptr<TemporaryFolder> folder_ = std::make_shared<TemporaryFolder>(make_folder());
  const std::string core_pattern_ = bytes_of("/proc/sys/kernel/core_pattern");
  Fd open_secret_, server_, in_folder_, abstract_, bystander_ended_;
  int port_ = 0;
  Spawned bystander_;
};

SandboxJob job_for(const RedTeamAttack& attack, const Bait& bait) {
  return {.argv = {"bash", "-c", bait.script(attack)},
          .workspace = bait.workspace(),
          .limit = Millis::seconds(10),
          .memory_limit = 200 << 20,
          .process_limit = 60,
          .file_limit = 2 << 20};
}

// What came of it: what the attack says of itself, and what its target shows.
std::string outcome(const std::string& output, const Bait& bait) {
  std::string text = fmt::format("{}", fmt::join(bait.damage(), ", "));
  if (output.find("THROUGH") != output.npos) text += " (it says that it came through)";
  return text;
}

std::string test_name(const testing::TestParamInfo<RedTeamAttack>& attack) {
  return attack.param.name;
}

// Without any sandbox: it inherits what a careless start hands on.
std::string run_unprotected(const RedTeamAttack& attack, const Bait& bait) {
  const fs::path script = bait.workspace() / "attack.sh";
  write_file(script, fmt::format("cd {}\n{}", bait.workspace().string(), bait.script(attack)));
  const std::string command = fmt::format("exec timeout 10 bash {} 2>&1", script.string());
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), count);
  ::pclose(pipe);
  return output;
}

// In a sandbox with one of its walls taken down.
std::string run_weakened(const RedTeamAttack& attack, const Bait& bait) {
  const SandboxJob job = job_for(attack, bait);
  std::vector<std::string> options = bubblewrap_options(job, places_of(job));
  if (attack.control == Control::kNetwork) {
    options.insert(std::find(options.begin(), options.end(), "--unshare-all") + 1, "--share-net");
  } else {
    const auto pin = std::find(options.begin(), options.end(), std::string("/workspace/.git"));
    EXPECT_NE(pin, options.end());
    options.erase(pin - 2, pin + 1);
  }
  const Result<SandboxEnd> end = run_contained("/usr/bin/bwrap", job, options, nullptr);
  EXPECT_TRUE(end.ok()) << end.error().message;
  return end ? end->output : "";
}

class RedTeamTest : public testing::TestWithParam<RedTeamAttack> {
 protected:
  void SetUp() override {
    ::setenv("BATON_TEST_KEY", "secret", 1);
#ifndef __x86_64__
    if (GetParam().language == std::string_view("python3"))
      GTEST_SKIP() << "it numbers the system calls of another machine";
#endif
    if (::access(fmt::format("/usr/bin/{}", GetParam().language).c_str(), X_OK) != 0)
      GTEST_SKIP() << GetParam().language << " is not installed";
  }
};

TEST_P(RedTeamTest, IsHeld) {
  const Result<Sandbox> sandbox = Sandbox::open();
  ASSERT_TRUE(sandbox.ok()) << sandbox.error().message;
  const Bait bait;
  const Result<SandboxEnd> end = sandbox->run(job_for(GetParam(), bait), nullptr);
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(outcome(end->output, bait), "") << end->output;
}

INSTANTIATE_TEST_SUITE_P(Attack, RedTeamTest, testing::ValuesIn(red_team_attacks()), test_name);

std::vector<RedTeamAttack> controlled() {
  std::vector<RedTeamAttack> attacks;
  for (const RedTeamAttack& attack : red_team_attacks()) {
    if (attack.control != Control::kNone) attacks.push_back(attack);
  }
  return attacks;
}

class RedTeamControl : public RedTeamTest {};

TEST_P(RedTeamControl, SucceedsWhereItIsNotHeld) {
  const Bait bait;
  const std::string output = GetParam().control == Control::kUnprotected
                                 ? run_unprotected(GetParam(), bait)
                                 : run_weakened(GetParam(), bait);
  EXPECT_NE(outcome(output, bait), "") << output;
}

INSTANTIATE_TEST_SUITE_P(Attack, RedTeamControl, testing::ValuesIn(controlled()), test_name);

}  // namespace
}  // namespace baton
