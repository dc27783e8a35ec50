#include "report/sprint_words.h"

#include <fmt/format.h>

#include "report/layout.h"
#include "report/percent.h"

namespace baton {
namespace {

constexpr std::string_view kNone = "-";

std::string text_of(const std::optional<Money>& money) {
  return money ? money->to_display() : std::string(kNone);
}

std::string tenths_text(const std::optional<std::int64_t>& tenths) {
  return tenths ? fmt::format("{}.{}", grouped(*tenths / 10), *tenths % 10) : std::string(kNone);
}

// By how much `now` is above `before`.
std::string change_text(std::optional<std::int64_t> now, std::optional<std::int64_t> before) {
  if (!now || !before || *before <= 0) return std::string(kNone);
  const std::string percent = percent_text(per_mille(*now - *before, *before));
  return *now > *before ? "+" + percent : percent;
}

std::optional<std::int64_t> pico(const std::optional<Money>& money) {
  return money ? std::optional(money->picodollars()) : std::nullopt;
}

ComparedRow row_of(std::string name, Instant began, const SprintTotals& totals) {
  return {.sprint = std::move(name),
          .began = date_of(began),
          .done = fmt::format("{} of {}", totals.done, totals.jobs),
          .cost = totals.cost.to_display(),
          .cost_per_job = text_of(totals.cost_per_job()),
          .cost_change = std::string(kNone),
          .per_hour = tenths_text(totals.tenths_per_hour()),
          .speed_change = std::string(kNone)};
}

std::string per_file(const std::optional<Money>& each, int files, std::string_view verb) {
  return fmt::format("{} ({} {})", text_of(each), counted(files, "file", "files"), verb);
}

}  // namespace

std::string headline_of(const SprintReport& report) {
  const SprintTotals& totals = report.totals;
  return fmt::format("{} of {} done · {} of {} · {}", totals.done,
                     counted(totals.jobs, "job", "jobs"), totals.cost.to_display(),
                     report.budget.to_display(), duration_text(totals.worked));
}

std::vector<std::pair<std::string, std::string>> facts_of(const SprintReport& report) {
  const SprintTotals& totals = report.totals;
  std::vector<std::pair<std::string, std::string>> facts;
  facts.emplace_back("cost per job", text_of(totals.cost_per_job()));
  if (totals.files_changed > 0 || totals.changing > Money()) {
    facts.emplace_back("per file",
                       per_file(totals.cost_per_changed_file(), totals.files_changed, "changed"));
  }
  if (totals.files_reviewed > 0) {
    facts.emplace_back(
        "per file", per_file(totals.cost_per_reviewed_file(), totals.files_reviewed, "reviewed"));
  }
  facts.emplace_back("jobs per hour", tenths_text(totals.tenths_per_hour()));
  facts.emplace_back("budget used", fmt::format("{} of {}", share_text(totals.cost, report.budget),
                                                report.budget.to_display()));
  if (totals.unknown > Money()) {
    facts.emplace_back("not known", fmt::format("{} of the cost is booked at its worst case",
                                                totals.unknown.to_display()));
  }
  facts.emplace_back(
      "bounds",
      fmt::format(
          "{} at a time{}{}", counted(report.parallel, "job", "jobs"),
          report.minutes ? fmt::format(", {}", counted(*report.minutes, "minute", "minutes"))
                         : std::string(),
          report.sittings > 1 ? fmt::format(", {} sittings", report.sittings) : std::string()));
  return facts;
}

std::string files_text(const SprintJobLine& job) {
  if (!job.files) return std::string(kNone);
  return fmt::format("{} {}", counted(*job.files, "file", "files"),
                     job.kind == "review" ? "reviewed" : "changed");
}

std::string tasks_text(const SprintJobLine& job) {
  return job.run.empty() ? std::string(kNone) : fmt::format("{}/{}", job.tasks_done, job.tasks);
}

std::string share_text(Money part, Money whole) {
  if (whole == Money()) return std::string(kNone);
  return percent_text(per_mille(part.picodollars(), whole.picodollars()));
}

std::vector<ComparedRow> compared(const SprintReport& report) {
  if (report.earlier.empty()) return {};
  std::vector<ComparedRow> rows = {row_of("this one", report.began, report.totals)};
  for (const EarlierSprint& earlier : report.earlier) {
    ComparedRow row = row_of(earlier.id, earlier.began, earlier.totals);
    row.cost_change =
        change_text(pico(report.totals.cost_per_job()), pico(earlier.totals.cost_per_job()));
    row.speed_change =
        change_text(report.totals.tenths_per_hour(), earlier.totals.tenths_per_hour());
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace baton
