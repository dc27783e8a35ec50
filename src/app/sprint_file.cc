#include "app/sprint_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/text.h"
#include "base/toml_file.h"
#include "base/words.h"

namespace baton {
namespace {

constexpr std::size_t kMostJobs = 1000;
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestText = 4096;
constexpr std::size_t kLongestRequest = std::size_t{256} << 10;
const Money kDefaultCap = Money::dollars(5);

bool is_name(std::string_view name) {
  return !name.starts_with('.') && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::optional<Money> amount(const TomlTable& table, std::string_view key) {
  if (!table.has(key)) return std::nullopt;
  std::string text = table.if_text(key).value_or("");
  if (const auto number = table.if_number(key)) text = fmt::format("{}", *number);
  const Result<Money> read = Money::parse(text);
  if (read && *read > Money()) return *read;
  table.fail_at(key, fmt::format("'{}' is not an amount in dollars above zero, such as 2.50", key));
  return std::nullopt;
}

// One [[job]] as it is read: what is asked of its command, and what the file says of it.
class JobReader {
 public:
  JobReader(const TomlTable& table, const std::filesystem::path& folder)
      : table_(table), folder_(folder) {}

  SprintJob read() {
    job_.line = table_.line();
    job_.name = table_.text("name", kLongestName);
    if (!is_name(job_.name)) {
      table_.fail_at("name",
                     "'name' of a job is made of letters, digits, '-', '_' and '.', and does not "
                     "begin with a '.'");
    }
    kind();
    job_.repo = (folder_ / text("repo").value_or("")).lexically_normal().string();
    job_.places.push_back(job_.repo);
    job_.priority = static_cast<int>(table_.whole("priority", -1000, 1000).value_or(0));
    job_.cap = amount(table_, "budget").value_or(kDefaultCap);
    number("parallel", "--parallel", 1, 20'000);
    job_.kind == SprintJobKind::kReview ? review() : agents();
    return std::move(job_);
  }

 private:
  void kind() {
    const std::string word = table_.text("kind", kLongestText);
    const auto kind = value_named<SprintJobKind>(word);
    if (!kind) {
      return table_.fail_at("kind", fmt::format("'kind' is '{}', expected review, feature or run",
                                                shorten(word, 60)));
    }
    job_.kind = *kind;
    switch (*kind) {
      case SprintJobKind::kReview:
        return table_.only_keys({"name", "kind", "repo", "budget", "repeat", "priority", "parallel",
                                 "range", "diff", "tree", "mode", "effort", "local"});
      case SprintJobKind::kFeature:
        return table_.only_keys({"name", "kind", "repo", "budget", "repeat", "priority", "parallel",
                                 "request", "spec", "base", "branch", "shape", "rounds"});
      case SprintJobKind::kRun:
        return table_.only_keys({"name", "kind", "repo", "budget", "repeat", "priority", "parallel",
                                 "request", "spec", "base", "branch"});
    }
  }

  void review() {
    at_most_one({"range", "diff", "tree"});
    job_.subject = text("range").value_or("");
    place("diff", "--diff");
    place("tree", "--tree");
    one_of("mode", "--mode", {"auto", "orchestrate", "direct"});
    one_of("effort", "--effort", {"low", "medium", "high", "xhigh", "max"});
    if (!table_.truth("local").value_or(false)) return;
    job_.arguments.emplace_back("--local");
    job_.cap = Money();
    if (table_.has("budget")) table_.fail_at("budget", "a local review costs nothing: no 'budget'");
  }

  void agents() {
    at_most_one({"request", "spec"});
    if (!table_.has("request") && !table_.has("spec"))
      table_.fail("a 'request' (in words) or a 'spec' (a file) is missing: what is wanted?");
    if (table_.has("request")) job_.subject = table_.text("request", kLongestRequest);
    place("spec", "--spec");
    option("base", "--base");
    option("branch", "--branch");
    if (table_.has("branch") && table_.whole("repeat", 1, kMostJobs).value_or(1) > 1)
      table_.fail_at("branch", "each repetition needs a branch of its own: leave 'branch' out");
    one_of("shape", "--shape", {"three-tier"});
    number("rounds", "--rounds", 0, 10);
  }

  std::optional<std::string> text(std::string_view key) const {
    if (!table_.has(key)) return std::nullopt;
    return table_.text(key, kLongestText);
  }
  void give(std::string_view name, std::string value) {
    job_.arguments.emplace_back(name);
    job_.arguments.push_back(std::move(value));
  }
  void option(std::string_view key, std::string_view name) {
    if (auto value = text(key)) give(name, std::move(*value));
  }
  void place(std::string_view key, std::string_view name) {
    const auto value = text(key);
    if (!value) return;
    job_.places.push_back((folder_ / *value).lexically_normal().string());
    give(name, job_.places.back());
  }
  void number(std::string_view key, std::string_view name, std::int64_t least, std::int64_t most) {
    if (const auto value = table_.whole(key, least, most)) give(name, std::to_string(*value));
  }
  void one_of(std::string_view key, std::string_view name,
              std::initializer_list<std::string_view> choices) {
    const auto value = text(key);
    if (!value) return;
    if (std::find(choices.begin(), choices.end(), *value) == choices.end())
      table_.fail_at(key, fmt::format("'{}' is none of: {}", key, fmt::join(choices, ", ")));
    give(name, *value);
  }
  void at_most_one(std::initializer_list<std::string_view> keys) const {
    std::vector<std::string_view> given;
    for (const std::string_view key : keys) {
      if (table_.has(key)) given.push_back(key);
    }
    if (given.size() > 1)
      table_.fail_at(given[1], fmt::format("give one of {}", fmt::join(keys, ", ")));
  }

  const TomlTable& table_;
  const std::filesystem::path& folder_;
  SprintJob job_;
};

// The models that every job is given.
std::vector<std::string> models(const TomlTable& file) {
  std::vector<std::string> arguments;
  for (const std::string_view key : {"profile", "fast", "balanced", "deep"}) {
    if (!file.has(key)) continue;
    arguments.push_back("--" + std::string(key));
    arguments.push_back(file.text(key, kLongestText));
  }
  return arguments;
}

// The branch a job makes is new: a second job that makes it would be done for nothing.
std::optional<std::string> branch_of(const SprintJob& job) {
  const auto option = std::find(job.arguments.begin(), job.arguments.end(), "--branch");
  if (option == job.arguments.end()) return std::nullopt;
  return job.repo + ":" + *std::next(option);
}

void jobs_into(SprintPlan& plan, const TomlTable& file, const std::filesystem::path& folder) {
  const std::vector<TomlTable> tables = file.tables("job");
  if (tables.empty()) return file.fail_at("job", "a sprint has at least one table [[job]]");
  const std::vector<std::string> common = models(file);
  std::set<std::string> names;
  std::set<std::string> branches;
  for (const TomlTable& table : tables) {
    SprintJob job = JobReader(table, folder).read();
    if (!names.insert(job.name).second)
      table.fail_at("name", fmt::format("two jobs are called '{}'", job.name));
    if (const auto branch = branch_of(job); branch && !branches.insert(*branch).second)
      table.fail_at("branch", "an earlier job makes this branch of the same repository");
    job.arguments.insert(job.arguments.begin(), common.begin(), common.end());
    const auto times = table.whole("repeat", 1, kMostJobs).value_or(1);
    if (plan.jobs.size() + static_cast<std::size_t>(times) > kMostJobs) {
      return table.fail(
          fmt::format("a sprint has at most {} jobs, repetitions counted", kMostJobs));
    }
    const std::string name = job.name;
    for (std::int64_t i = 1; i <= times; ++i) {
      if (times > 1) job.name = fmt::format("{}#{}", name, i);
      plan.jobs.push_back(job);
    }
  }
}

SprintPlan read(const TomlTable& file, const std::filesystem::path& folder) {
  file.only_keys(
      {"name", "parallel", "minutes", "budget", "profile", "fast", "balanced", "deep", "job"});
  SprintPlan plan;
  plan.name = file.text("name", kLongestName);
  plan.parallel = static_cast<int>(file.whole("parallel", 1, 64).value_or(1));
  if (const auto minutes = file.whole("minutes", 1, 1'000'000))
    plan.minutes = static_cast<int>(*minutes);
  plan.budget = amount(file, "budget");
  jobs_into(plan, file, folder);
  return plan;
}

}  // namespace

std::string_view to_string(SprintJobKind kind) {
  switch (kind) {
    case SprintJobKind::kReview:
      return "review";
    case SprintJobKind::kFeature:
      return "feature";
    case SprintJobKind::kRun:
      return "run";
  }
  return {};
}

Result<SprintPlan> parse_sprint(std::string_view toml, const std::string& file) {
  TomlFile read_file(toml, file);
  SprintPlan plan =
      read(read_file.root(), std::filesystem::absolute(file).parent_path().lexically_normal());
  if (read_file.error()) return *read_file.error();
  return plan;
}

Status check_places(const SprintPlan& plan, const std::string& file) {
  for (const SprintJob& job : plan.jobs) {
    for (const std::string& place : job.places) {
      std::error_code error;
      const bool there = &place == &job.places.front() ? std::filesystem::is_directory(place, error)
                                                       : std::filesystem::exists(place, error);
      if (there) continue;
      return usage_error(fmt::format(
          "{}, line {}: job '{}' names {}, which is not {}; nothing was started", file, job.line,
          job.name, place, &place == &job.places.front() ? "a folder" : "there"));
    }
  }
  return {};
}

}  // namespace baton
