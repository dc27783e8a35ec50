#include "app/sprint_record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>

#include "app/files.h"
#include "base/json_fields.h"
#include "base/words.h"
#include "report/json_text.h"
#include "store/file.h"

namespace baton {
namespace {

namespace json = boost::json;

json::value instant_value(const std::optional<Instant>& at) {
  return at ? json::value(at->unix_ms()) : json::value(nullptr);
}

json::object to_object(const JobRecord& job) {
  const SprintJobLine& line = job.line;
  return {{"name", json_text(line.name)},
          {"kind", json_text(line.kind)},
          {"repo", json_text(line.repo)},
          {"state", to_string(line.state)},
          {"note", json_text(line.note)},
          {"run", line.run},
          {"cost", line.cost.to_string()},
          {"unknown", line.unknown.to_string()},
          {"cap", line.cap.to_string()},
          {"worked", line.worked.count()},
          {"files", line.files ? json::value(*line.files) : json::value(nullptr)},
          {"tasks", line.tasks},
          {"tasks_done", line.tasks_done},
          {"branch", json_text(line.branch)},
          {"pid", job.pid},
          {"since", instant_value(job.since)}};
}

int small_number(JsonFields fields, std::string_view key) {
  const std::int64_t number = integer_at(fields, key).value_or(0);
  return number < 0 || number > std::numeric_limits<int>::max() ? 0 : static_cast<int>(number);
}

// Reads the fields of one record; what is not as it was written makes the whole record unsound.
class RecordReader {
 public:
  bool sound() const { return sound_; }

  SprintRecord record(const json::object& fields) {
    SprintRecord record;
    sound_ = integer_at(fields, "format") == 1;
    record.id = text_at(fields, "id");
    record.name = text_at(fields, "name");
    record.file = text_at(fields, "file");
    record.text = text_at(fields, "text");
    if (value_at(fields, "budget") != nullptr) record.budget = money(fields, "budget");
    each_object_at(fields, "sittings", [&](const json::object& sitting) {
      record.sittings.push_back({instant(sitting, "began"), instant(sitting, "until")});
    });
    each_object_at(fields, "jobs",
                   [&](const json::object& one) { record.jobs.push_back(job(one)); });
    sound_ = sound_ && is_run_name(record.id) && !record.sittings.empty();
    return record;
  }

 private:
  JobRecord job(const json::object& fields) {
    JobRecord job;
    SprintJobLine& line = job.line;
    line.name = text_at(fields, "name");
    line.kind = text_at(fields, "kind");
    line.repo = text_at(fields, "repo");
    const auto state = value_named<SprintJobState>(text_at(fields, "state"));
    sound_ = sound_ && state.has_value();
    line.state = state.value_or(SprintJobState::kWaiting);
    line.note = text_at(fields, "note");
    line.run = text_at(fields, "run");
    line.cost = money(fields, "cost");
    line.unknown = money(fields, "unknown");
    line.cap = money(fields, "cap");
    line.worked = Millis(integer_at(fields, "worked").value_or(0));
    if (value_at(fields, "files") != nullptr) line.files = small_number(fields, "files");
    line.tasks = small_number(fields, "tasks");
    line.tasks_done = small_number(fields, "tasks_done");
    line.branch = text_at(fields, "branch");
    job.pid = small_number(fields, "pid");
    if (value_at(fields, "since") != nullptr) job.since = instant(fields, "since");
    return job;
  }

  Money money(JsonFields fields, std::string_view key) {
    const Result<Money> money = Money::parse(text_at(fields, key));
    sound_ = sound_ && money.ok();
    return money ? *money : Money();
  }

  Instant instant(JsonFields fields, std::string_view key) {
    const auto at = integer_at(fields, key);
    sound_ = sound_ && at.has_value();
    return Instant::from_unix_ms(at.value_or(0));
  }

  bool sound_ = true;
};

}  // namespace

Millis SprintRecord::worked() const {
  Millis sum;
  for (const Sitting& sitting : sittings)
    sum = sum + std::max(sitting.until - sitting.began, Millis());
  return sum;
}

SprintTotals SprintRecord::totals() const {
  std::vector<SprintJobLine> lines;
  for (const JobRecord& job : jobs) lines.push_back(job.line);
  return totals_of(lines, worked());
}

std::string write_record(const SprintRecord& record) {
  json::array sittings;
  for (const Sitting& sitting : record.sittings) {
    sittings.push_back(
        json::object{{"began", sitting.began.unix_ms()}, {"until", sitting.until.unix_ms()}});
  }
  json::array jobs;
  for (const JobRecord& job : record.jobs) jobs.push_back(to_object(job));
  const json::object out{
      {"format", 1},
      {"id", record.id},
      {"name", json_text(record.name)},
      {"file", json_text(record.file)},
      {"text", json_text(record.text)},
      {"budget", record.budget ? json::value(record.budget->to_string()) : json::value(nullptr)},
      {"sittings", std::move(sittings)},
      {"jobs", std::move(jobs)}};
  return pretty_json(out);
}

Result<SprintRecord> read_record(std::string_view text, const std::string& file) {
  const Result<json::object> fields = parse_object(text, file);
  if (!fields) return storage_error(fields.error().message);
  RecordReader reader;
  SprintRecord record = reader.record(*fields);
  if (reader.sound()) return record;
  return storage_error(fmt::format(
      "{} is not the record of a sprint as this version writes it; begin a new sprint", file));
}

Status SprintFolder::save(const SprintRecord& record) const {
  return write_file(folder_ / record.id / "sprint.json", write_record(record));
}

Result<SprintRecord> SprintFolder::load(const std::string& id) const {
  const std::filesystem::path file = folder_ / id / "sprint.json";
  std::error_code error;
  if (!is_run_name(id) || !std::filesystem::exists(file, error)) {
    return not_found(fmt::format("there is no sprint '{}' in {}", id, folder_.string()));
  }
  const Result<std::string> text = read_file(file);
  if (!text) return text.error();
  return read_record(*text, file.string());
}

std::vector<SprintRecord> SprintFolder::earlier(const SprintRecord& than, std::size_t most) const {
  std::vector<SprintRecord> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const Result<SprintRecord> record = load(entry.path().filename().string());
    if (!record || record->name != than.name || record->id == than.id) continue;
    if (record->sittings.front().began <= than.sittings.front().began) found.push_back(*record);
  }
  std::sort(found.begin(), found.end(), [](const SprintRecord& a, const SprintRecord& b) {
    return a.sittings.front().began > b.sittings.front().began;
  });
  if (found.size() > most) found.resize(most);
  return found;
}

Result<std::unique_ptr<RunLease>> SprintFolder::lease(const std::string& id) const {
  if (!is_run_name(id)) return not_found(fmt::format("'{}' is not the name of a sprint", id));
  for (const std::filesystem::path& folder : {folder_.parent_path(), folder_, folder_ / id}) {
    if (Status made = make_private_folder(folder); !made) return made.error();
  }
  Result<std::unique_ptr<RunLease>> lease = lock_run(folder_ / id, "lease");
  if (lease || lease.error().kind != ErrorKind::kBusy) return lease;
  return Error{ErrorKind::kBusy,
               fmt::format("sprint {} is being driven by another process: wait for it or stop it; "
                           "its number is in {}",
                           id, (folder_ / id / "lease").string())};
}

std::filesystem::path SprintFolder::file_of(const std::string& id, std::size_t job,
                                            std::string_view extension) const {
  return folder_ / id / fmt::format("{}.{}", job + 1, extension);
}

Result<std::optional<Fd>> lock_job(const std::filesystem::path& file) {
  Result<Fd> lock = open_private_file(file);
  if (!lock) return lock.error();
  if (::flock(lock->get(), LOCK_EX | LOCK_NB) == 0) return std::optional<Fd>(std::move(*lock));
  if (errno == EWOULDBLOCK) return std::optional<Fd>();
  return storage_error(
      fmt::format("locking {}: {}; the state folder must be on a file system that knows locks",
                  file.string(), std::strerror(errno)));
}

}  // namespace baton
