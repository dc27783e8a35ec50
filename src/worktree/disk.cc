#include "worktree/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>
#include <vector>

#include "base/run_and_read.h"
#include "base/text.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kTimeout{10};

std::string shown(const fs::path& path) {
  return to_utf8(path.string());
}

Status run_on(const fs::path& path, std::vector<std::string> argv, std::string_view attempt) {
  argv.insert(argv.end(), {"--", path.string()});
  const Result<ProgramOutput> output =
      run_and_read({.argv = argv, .environment = {}, .input = {}, .timeout = kTimeout});
  if (!output) return output.error();
  if (output->status == 0) return {};
  const std::string_view said = output->err;
  return system_error(fmt::format("cannot {} {}: {}", attempt, shown(path),
                                  shorten(to_utf8(said.substr(0, said.find('\n'))), 300)));
}

}  // namespace

Status write_whole(const fs::path& file, std::string_view bytes) {
  fs::path draft = file;
  draft += ".draft";
  {
    std::ofstream out(draft, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) {
      return system_error(fmt::format("cannot write {}: {}", shown(draft), std::strerror(errno)));
    }
  }
  std::error_code error;
  fs::rename(draft, file, error);
  if (error) {
    return system_error(fmt::format("cannot write {}: {}", shown(file), error.message()));
  }
  return {};
}

std::optional<std::string> read_whole(const fs::path& file) {
  std::error_code error;
  if (fs::symlink_status(file, error).type() != fs::file_type::regular) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in) return std::nullopt;
  return bytes;
}

Status copy_index(const fs::path& from, const fs::path& to) {
  std::error_code error;
  const fs::file_time_type written = fs::last_write_time(from, error);
  if (!error) fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (!error) fs::last_write_time(to, written, error);
  if (!error) return {};
  return system_error(
      fmt::format("cannot copy {} to {}: {}", shown(from), shown(to), error.message()));
}

// Of the whole file system: git syncs files at most, and a file whose name is lost is lost.
Status make_durable(const fs::path& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.ok() && ::syncfs(fd.get()) == 0) return {};
  return system_error(
      fmt::format("cannot make {} durable: {}", shown(folder), std::strerror(errno)));
}

Result<Fd> lock_alone(const fs::path& folder) {
  constexpr std::chrono::seconds kPatience{60};
  constexpr std::chrono::milliseconds kBetween{10};
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (fd.ok() && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    if (std::chrono::steady_clock::now() >= deadline) {
      return Error{ErrorKind::kBusy,
                   fmt::format("git has been at work in {} for {} s: try again when it has ended",
                               shown(folder), kPatience.count())};
    }
    std::this_thread::sleep_for(kBetween);
  }
  if (!fd.ok() || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return system_error(fmt::format("cannot lock {}: {}", shown(folder), std::strerror(errno)));
  }
  return fd;
}

// By programs that walk from descriptor to descriptor: no path is too long for them, no link leads
// them astray.
Status remove_tree(const fs::path& path, const fs::path& locked) {
  std::vector<std::string> argv = {"rm", "-rf", "--one-file-system"};
  if (!locked.empty()) {
    argv.insert(argv.begin(), {"flock", "--shared", "--no-fork", locked.string()});
  }
  Status removed = run_on(path, argv, "remove");
  if (removed) return removed;
  if (Status unlocked = unlock_tree(path); !unlocked) return removed;
  return run_on(path, argv, "remove");
}

Status unlock_tree(const fs::path& path) {
  return run_on(path, {"chmod", "-R", "u+rwX"}, "make writable");
}

}  // namespace baton
