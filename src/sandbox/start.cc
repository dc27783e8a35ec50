#include "sandbox/start.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/spawn_attributes.h"

namespace baton {
namespace {

// Above every number a descriptor is handed on as, so that no move overwrites one still to come.
constexpr int kParked = 64;

class Actions {
 public:
  Actions() { ::posix_spawn_file_actions_init(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }

  void read_nothing() {
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  void move(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void close_from(int first) { ::posix_spawn_file_actions_addclosefrom_np(&actions_, first); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

}  // namespace

Result<pid_t> start_process(const std::vector<std::string>& argv, int output,
                            const std::vector<Fd>& handed) {
  BATON_CHECK(!argv.empty() && handed.size() < kParked - kFirstHanded);
  std::vector<Fd> parked;
  Actions actions;
  actions.read_nothing();
  actions.move(output, STDOUT_FILENO);
  actions.move(output, STDERR_FILENO);
  int next = kFirstHanded;
  for (const Fd& fd : handed) {
    parked.emplace_back(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kParked));
    if (!parked.back().ok()) {
      return system_error(fmt::format("cannot start a sandbox: {}", std::strerror(errno)));
    }
    actions.move(parked.back().get(), next++);
  }
  actions.close_from(next);

  std::vector<char*> pointers;  // exec does not write to them, but its type does not say so
  for (const std::string& text : argv) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  char* no_environment[] = {nullptr};
  const SpawnAttributes session(SpawnPlan::Leads::kSession);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, pointers.front(), actions.get(), session.get(),
                                   pointers.data(), no_environment);
  if (failed != 0) {
    return system_error(fmt::format("cannot start {}: {}", argv.front(), std::strerror(failed)));
  }
  return pid;
}

}  // namespace baton
