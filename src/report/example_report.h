// For tests: one report in which every part has something to say, and one in which none has.
#pragma once

#include "base/example_money.h"
#include "report/review_report.h"

namespace baton::example {

inline Usage tokens(std::int64_t input, std::int64_t write, std::int64_t read,
                    std::int64_t output) {
  return {.input = Tokens(input),
          .cache_write_5m = Tokens(write),
          .cache_write_1h = Tokens(0),
          .cache_read = Tokens(read),
          .output = Tokens(output)};
}

inline CostReport cost() {
  CostReport cost;
  cost.total = dollars("0.421250000001");
  cost.unknown = dollars("0.03");
  cost.unknown_calls = 1;
  cost.budget = dollars("2");
  cost.estimate = dollars("0.45");
  cost.all_deep = dollars("1.4");
  cost.deep_model = "claude-opus-4-7";
  cost.calls = 11;
  cost.retries = 2;
  cost.escalations = 1;
  cost.usage = tokens(23'456, 7'890, 41'000, 12'345);
  cost.by_role = {{"orchestrator", 2, tokens(20'000, 0, 0, 6'000), dollars("0.25")},
                  {"workers", 9, tokens(3'456, 7'890, 41'000, 6'345), dollars("0.171250000001")}};
  cost.by_model = {
      {"claude-opus-4-7", 2, tokens(20'000, 0, 0, 6'000), dollars("0.25")},
      {"claude-haiku-4-5", 9, tokens(3'456, 7'890, 41'000, 6'345), dollars("0.171250000001")}};
  cost.by_task = {{"t0 task_decomposition", 1, tokens(15'000, 0, 0, 4'000), dollars("0.175")},
                  {"t1 naming_convention_check", 10, tokens(8'456, 7'890, 41'000, 8'345),
                   dollars("0.246250000001")}};
  return cost;
}

inline ReviewReport full() {
  ReviewReport report;
  report.run = "r-abc123def456";
  report.status = "partial";
  report.reason = "1 of 3 tasks is missing: t3 test_coverage_verification.";
  report.title = "HEAD~3..HEAD";
  report.started = Instant::from_unix_ms(1'795'197'891'250);  // 2026-11-20T18:04:51Z
  report.elapsed = Millis(42'300);
  report.summary =
      "The change moves the query layer to its own module. The move is sound, but one query is "
      "built "
      "from user input, and the new names do not follow those around them.";
  report.synthesised = true;
  report.files_reviewed = 12;
  report.lines_added = 1'340;
  report.findings = {
      {"src/db/query.cc", 42, Severity::kCritical, "security_vulnerability_assessment",
       "`user` is concatenated into the SQL text, so whoever chooses their name chooses the query: "
       "'; DROP TABLE users; --' is a valid user name.",
       "Bind it: `SELECT * FROM users WHERE name = ?`.", 0.95, "t2"},
      {"src/my module/näme.py", 7, Severity::kLow, "naming_convention_check",
       "<img src=x onerror=alert(1)> ![x](http://evil.example/p.png) @everyone, see #12\x1b[2J", "",
       1, "t1 (ruff), t2"}};
  report.tasks = {
      {TaskId(1), "naming_convention_check", "names", Role::kWorker, "local", "ruff", "done", 1, "",
       1},
      {TaskId(2), "security_vulnerability_assessment", "injection", Role::kWorker, "deep",
       "claude-opus-4-7", "done", 2, "fast → deep: not what the schema asks for", 1},
      {TaskId(3), "test_coverage_verification", "Do the new branches have tests?", Role::kWorker,
       "deep", "claude-opus-4-7", "skipped", 4, "every tier it may use has failed", 0}};
  report.missing = {report.tasks[2]};
  report.left_to_models = {{"architectural_analysis", "deep", dollars("0.12")},
                           {"log_statement_review", "fast", dollars("0.004")}};
  report.dropped_findings = 2;
  report.dropped_detail = "1 no such file, 1 outside what was reviewed";
  report.skipped = {{"assets/logo.png", "binary"}, {"vendor/big.json", "larger than 1 MiB"}};
  report.notes = {"src/old.txt is not UTF-8: 3 bytes were replaced."};
  report.cost = cost();
  return report;
}

// A sound change, reviewed without any model.
inline ReviewReport empty() {
  ReviewReport report;
  report.run = "r-000000000000";
  report.status = "complete";
  report.title = "HEAD~1..HEAD";
  report.started = Instant::from_unix_ms(1'795'197'891'250);
  report.elapsed = Millis(850);
  report.files_reviewed = 1;
  report.lines_added = 1;
  report.cost.by_role = {{"orchestrator", 0, {}, {}}, {"workers", 0, {}, {}}};
  return report;
}

}  // namespace baton::example
