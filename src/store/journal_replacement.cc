#include "store/journal_replacement.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/file_bytes.h"
#include "store/damage_mark.h"
#include "store/file.h"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBackup = "baton.db.damaged-";
constexpr std::size_t kLongestBackup = 100;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

Error cannot(std::string_view attempt, const fs::path& path, int system_error) {
  return storage_error(
      fmt::format("{} {}: {}; the repair goes on when the journal is opened again, once that is "
                  "put right",
                  attempt, path.string(), std::strerror(system_error)));
}

// What is not there has been moved already.
Status move(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
  return cannot("renaming", fmt::format("{} to {}", from.string(), to.string()), errno);
}

class Replacement {
 public:
  Replacement(fs::path folder, std::string backup)
      : folder_(std::move(folder)), backup_(folder_ / backup) {
    heads_backup_ = folder_ / ("heads" + backup.substr(std::string_view("baton.db").size()));
  }

  Status keep_database() const;
  Status keep_log() const;
  Status put_database() const { return move(made(), folder_ / "baton.db"); }
  Status keep_heads() const {
    return is_there(repair() / "heads") ? move(folder_ / "heads", heads_backup_) : Status();
  }
  Status put_heads() const { return move(repair() / "heads", folder_ / "heads"); }
  Status lift_mark() const { return clear_damage_mark(folder_); }
  Status tidy_up() const;
  Status sync() const { return sync_folder(folder_); }

 private:
  fs::path repair() const { return repair_folder(folder_); }
  fs::path made() const { return repair() / "new" / "baton.db"; }

  fs::path folder_;
  fs::path backup_;
  fs::path heads_backup_;
};

Status Replacement::keep_database() const {
  const fs::path database = folder_ / "baton.db";
  if (!is_there(made()) || !is_there(database) || is_there(backup_)) return {};
  if (::link(database.c_str(), backup_.c_str()) == 0) return {};
  // Where the file system knows no links. Named only when it is whole.
  const fs::path copy = repair() / "kept";
  std::error_code error;
  fs::copy_file(database, copy, fs::copy_options::overwrite_existing, error);
  if (error) return cannot("copying", database, error.value());
  const Result<Fd> file = open_private_file(copy);
  if (!file) return file.error();
  if (::fsync(file->get()) != 0) return cannot("making durable", copy, errno);
  return move(copy, backup_);
}

// Left where it is, the old log would be taken for the new database's.
Status Replacement::keep_log() const {
  if (!is_there(made())) return {};
  if (Status kept = move(folder_ / "baton.db-wal", backup_.string() + "-wal"); !kept) return kept;
  std::error_code error;
  fs::remove(folder_ / "baton.db-shm", error);
  return {};
}

Status Replacement::tidy_up() const {
  const fs::path begun = repair() / "begun";
  if (::unlink(begun.c_str()) != 0 && errno != ENOENT) return cannot("removing", begun, errno);
  if (Status synced = sync_folder(repair()); !synced) return synced;
  std::error_code error;
  fs::remove_all(repair(), error);
  return {};
}

}  // namespace

fs::path repair_folder(const fs::path& folder) {
  return folder / "repair";
}

Status begin_replacement(const fs::path& folder, const fs::path& backup) {
  const fs::path repair = repair_folder(folder);
  const Result<Fd> file = open_private_file(repair / "begun.part");
  if (!file) return file.error();
  const std::string text = backup.filename().string() + "\n";
  // All that was made, heads among it, before it is said to be there.
  if (!write_all(file->get(), text) || ::syncfs(file->get()) != 0)
    return cannot("making durable what is in", repair, errno);
  if (Status named = move(repair / "begun.part", repair / "begun"); !named) return named;
  return sync_folder(repair);
}

std::vector<std::function<Status()>> replacement_steps(const fs::path& folder) {
  const std::string begun =
      read_beginning(repair_folder(folder) / "begun", kLongestBackup).value_or("");
  const std::string backup = begun.substr(0, begun.find('\n'));
  if (!backup.starts_with(kBackup) || backup.find('/') != backup.npos) return {};

  const Replacement replacement(folder, backup);
  std::vector<std::function<Status()>> steps;
  for (const auto step :
       {&Replacement::keep_database, &Replacement::keep_log, &Replacement::put_database,
        &Replacement::keep_heads, &Replacement::put_heads, &Replacement::lift_mark}) {
    steps.emplace_back([replacement, step] {
      const Status done = (replacement.*step)();
      return done.ok() ? replacement.sync() : done;
    });
  }
  steps.emplace_back([replacement] { return replacement.tidy_up(); });
  return steps;
}

Result<bool> finish_replacement(const fs::path& folder) {
  const auto steps = replacement_steps(folder);
  for (const auto& step : steps) {
    if (Status taken = step(); !taken) return taken.error();
  }
  return !steps.empty();
}

}  // namespace baton
