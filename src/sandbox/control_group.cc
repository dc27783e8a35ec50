#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

#include "base/fd.h"
#include "base/text.h"
#include "sandbox/limits.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "baton-sandbox-";

// Never makes a file: only the kernel's own mean something.
bool write_value(const fs::path& file, std::string_view value) {
  const Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd.ok() && ::write(fd.get(), value.data(), value.size()) == std::ssize(value);
}

std::string read_text(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Where our own process is, by controller; "" is version 2. From lines like "4:memory:/some/place".
std::optional<std::string> own_place(std::string_view controller) {
  const std::string text = read_text("/proc/self/cgroup");
  for (const std::string_view line : split_lines(text)) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    if (line.substr(first + 1, second - first - 1) == controller)
      return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

// Folders in which a group could be made. Version 2 has no groups below one that holds processes,
// so there it is made beside our own.
std::vector<fs::path> candidates(std::string_view controller) {
  const std::optional<std::string> own = own_place(controller);
  if (!own) return {};
  const fs::path root = controller.empty() ? fs::path("/sys/fs/cgroup")
                                           : fs::path("/sys/fs/cgroup") / std::string(controller);
  const fs::path place = root / fs::path(*own).relative_path();
  if (!controller.empty()) return {place};
  if (!fs::exists(root / "cgroup.controllers")) return {};
  return {place.parent_path(), place};
}

struct Value {
  const char* file;
  std::string text;
  bool needed;
};

bool apply(const fs::path& group, const std::vector<Value>& values) {
  for (const Value& value : values) {
    if (!write_value(group / value.file, value.text) && value.needed) return false;
  }
  return true;
}

std::optional<fs::path> make_group(std::string_view controller, const std::vector<Value>& values) {
  static std::atomic<int> count = 0;
  const std::string name = fmt::format("{}{}-{}", kPrefix, ::getpid(), ++count);
  for (const fs::path& parent : candidates(controller)) {
    const fs::path group = parent / name;
    if (::mkdir(group.c_str(), 0755) != 0) continue;
    if (apply(group, values)) return group;
    ::rmdir(group.c_str());
  }
  return std::nullopt;
}

// Whether the process that made a group of this name is no more.
bool is_left_behind(const std::string& name) {
  if (!name.starts_with(kPrefix)) return false;
  const int maker = std::atoi(name.c_str() + std::strlen(kPrefix));
  return maker > 0 && ::kill(maker, 0) != 0 && errno == ESRCH;
}

// Once all that was in it has ended, the kernel needs a moment to see that it is empty.
void remove_group(const fs::path& group) {
  for (int tries = 0; tries < 100; ++tries) {
    if (::rmdir(group.c_str()) == 0 || errno != EBUSY) return;
    ::poll(nullptr, 0, 2);
  }
}

}  // namespace

std::optional<ControlGroup> ControlGroup::create(const SandboxJob& job) {
  const std::string memory = std::to_string(job.memory_limit);
  const std::string processes = std::to_string(job.process_limit);
  // Swap would make the limit a matter of patience. Not every kernel counts it.
  if (const auto group = make_group("", {{"memory.max", memory, true},
                                         {"pids.max", processes, true},
                                         {"memory.swap.max", "0", false},
                                         {"memory.oom.group", "1", false}})) {
    return ControlGroup({*group});
  }
  const auto first = make_group("memory", {{"memory.limit_in_bytes", memory, true},
                                           {"memory.memsw.limit_in_bytes", memory, false},
                                           {"memory.swappiness", "0", false}});
  if (!first) return std::nullopt;
  ControlGroup made({*first});
  const auto second = make_group("pids", {{"pids.max", processes, true}});
  if (!second) return std::nullopt;
  made.folders_.push_back(*second);
  return made;
}

void ControlGroup::remove_empty() {
  for (const char* controller : {"", "memory", "pids"}) {
    for (const fs::path& parent : candidates(controller)) {
      std::error_code failed;
      for (const fs::directory_entry& entry : fs::directory_iterator(parent, failed)) {
        if (is_left_behind(entry.path().filename().string())) ::rmdir(entry.path().c_str());
      }
    }
  }
}

ControlGroup::~ControlGroup() {
  for (const fs::path& folder : folders_) remove_group(folder);
}

bool ControlGroup::ran_out_of_memory() const {
  for (const fs::path& folder : folders_) {
    for (const char* file : {"memory.events", "memory.oom_control"}) {
      const std::string text = read_text(folder / file);
      const std::size_t at = text.find("oom_kill ");
      if (at != text.npos && std::atoi(text.c_str() + at + std::strlen("oom_kill ")) > 0)
        return true;
    }
  }
  return false;
}

bool ControlGroup::add(pid_t process) const {
  for (const fs::path& folder : folders_) {
    if (!write_value(folder / "cgroup.procs", std::to_string(process))) return false;
  }
  return true;
}

}  // namespace baton
