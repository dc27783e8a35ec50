#include "base/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/spawn_attributes.h"

namespace baton {
namespace {

constexpr int kSignalled = 256;

class FileActions {
 public:
  explicit FileActions(const SpawnPlan& plan) {
    ::posix_spawn_file_actions_init(&actions_);
    if (plan.in >= 0) {
      ::posix_spawn_file_actions_adddup2(&actions_, plan.in, STDIN_FILENO);
    } else {
      ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    ::posix_spawn_file_actions_adddup2(&actions_, plan.out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, plan.err, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    if (!plan.directory.empty()) {
      ::posix_spawn_file_actions_addchdir_np(&actions_, plan.directory.c_str());
    }
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// As exec wants them: it promises not to write to the texts, but its type does not say so.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

void Spawned::kill_group() const {
  ::kill(-pid, SIGKILL);
}

int Spawned::wait() const {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return exit_status(status);
}

Result<Spawned> spawn(const SpawnPlan& plan) {
  BATON_CHECK(!plan.argv.empty() && plan.out >= 0 && plan.err >= 0);
  const FileActions actions(plan);
  const SpawnAttributes attributes(plan.leads);
  Spawned spawned;
  const int failed =
      ::posix_spawnp(&spawned.pid, plan.argv.front().c_str(), actions.get(), attributes.get(),
                     pointers_to(plan.argv).data(), pointers_to(plan.environment).data());
  if (failed == 0) return spawned;
  Error error =
      system_error(fmt::format("cannot start {}: {}", plan.argv.front(), std::strerror(failed)));
  if (failed == ENOENT) error.kind = ErrorKind::kNotFound;
  return error;
}

int exit_status(int wait_status) {
  return WIFSIGNALED(wait_status) ? kSignalled + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

std::string ending_words(int exit_status) {
  return exit_status < kSignalled ? fmt::format("code {}", exit_status)
                                  : fmt::format("signal {}", exit_status - kSignalled);
}

}  // namespace baton
