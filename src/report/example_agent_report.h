// For tests: runs of agents as they are reported: one in which every part has something to say, one
// that stopped half-way, one that needed no worker, and a hostile one.
#pragma once

#include "base/example_money.h"
#include "report/agent_report.h"
#include "report/example_report.h"

namespace baton::example {

inline CostReport agent_cost() {
  CostReport cost;
  cost.total = dollars("1.2345");
  cost.budget = dollars("5");
  cost.all_deep = dollars("2.5");
  cost.deep_model = "claude-opus-4-7";
  cost.calls = 43;
  cost.usage = tokens(83'456, 47'890, 941'000, 22'345);
  cost.by_role = {{"orchestrator", 1, tokens(31'000, 0, 0, 2'000), dollars("0.205")},
                  {"workers", 42, tokens(52'456, 47'890, 941'000, 20'345), dollars("1.0295")}};
  cost.by_model = {
      {"claude-opus-4-7", 20, tokens(61'000, 30'000, 441'000, 12'000), dollars("1.01")},
      {"claude-haiku-4-5", 23, tokens(22'456, 17'890, 500'000, 10'345), dollars("0.2245")}};
  cost.by_task = {{"t0 plan", 1, tokens(31'000, 0, 0, 2'000), dollars("0.205")}};
  return cost;
}

inline AgentReport feature() {
  AgentReport report;
  report.run = "r-abc123def456";
  report.workflow = "feature";
  report.status = "partial";
  report.reason = "1 of 9 tasks is missing: t4 documentation-writer.";
  report.request = "Add an option --json to `list`.\nKeep the text form as it is.";
  report.started = Instant::from_unix_ms(1'795'197'891'250);  // 2026-11-20T18:04:51Z
  report.elapsed = Millis(725'000);
  report.approach = "The listing becomes a value first; then it gets a second form.";
  report.base = "9a8b7c6d5e4f99999999999999999999aaaaaaaa";
  report.branch = "baton/add-json-abc123";
  report.commit = "1f2e3d4c5b6a00000000000000000000bbbbbbbb";
  report.changed = {{'M', "src/list.cc", 1'120, 7}, {'A', "tests/list_test.cc", 64, 0}};
  report.tasks = {{.id = TaskId(0),
                   .kind = "plan",
                   .title = "plan",
                   .worker = "planner",
                   .tier = "deep",
                   .model = "claude-opus-4-7",
                   .status = "done",
                   .attempts = 1,
                   .turns = 1,
                   .charged = dollars("0.205")},
                  {.id = TaskId(2),
                   .kind = "work",
                   .title = "Write the option",
                   .worker = "code-writer",
                   .reason = "It is production code.",
                   .tier = "deep",
                   .model = "claude-opus-4-7",
                   .status = "done",
                   .attempts = 1,
                   .turns = 12,
                   .tool_calls = 34,
                   .charged = dollars("0.5"),
                   .summary = "`list --json` prints one object for each entry. Dates are UTC.",
                   .files = {"src/list.cc"},
                   .notes = {"The order of entries is not stable."}},
                  {.id = TaskId(3),
                   .kind = "integration",
                   .title = "merge of t2",
                   .status = "done",
                   .of = "t2"},
                  {.id = TaskId(4),
                   .kind = "work",
                   .title = "Describe the option",
                   .worker = "documentation-writer",
                   .tier = "balanced",
                   .model = "claude-sonnet-4-6",
                   .status = "skipped",
                   .note = "looped: the same call of `read` 3 times",
                   .attempts = 3,
                   .turns = 9,
                   .tool_calls = 9,
                   .charged = dollars("0.02")},
                  {.id = TaskId(5),
                   .kind = "work",
                   .title = "Test the option",
                   .worker = "test-writer",
                   .tier = "fast",
                   .model = "claude-haiku-4-5",
                   .status = "done",
                   .attempts = 1,
                   .turns = 6,
                   .tool_calls = 8,
                   .charged = dollars("0.0345"),
                   .summary = "Three tests, one for each form.",
                   .files = {"tests/list_test.cc", "src/list.cc"}},
                  {.id = TaskId(6),
                   .kind = "integration",
                   .title = "merge of t5",
                   .worker = "integrator",
                   .tier = "balanced",
                   .model = "claude-sonnet-4-6",
                   .status = "done",
                   .attempts = 1,
                   .turns = 4,
                   .tool_calls = 5,
                   .charged = dollars("0.075"),
                   .summary = "Kept the new signature and the test's helper.",
                   .of = "t5",
                   .trouble = "its work conflicts in 1 file",
                   .conflicts = {"src/list.cc"}},
                  {.id = TaskId(7),
                   .kind = "review",
                   .title = "review",
                   .worker = "reviewer",
                   .tier = "deep",
                   .model = "claude-opus-4-7",
                   .status = "done",
                   .attempts = 1,
                   .turns = 5,
                   .tool_calls = 7,
                   .charged = dollars("0.2"),
                   .summary = "Sound but for the escaping of names."},
                  {.id = TaskId(8),
                   .kind = "fix",
                   .title = "mend what the review found",
                   .worker = "code-writer",
                   .tier = "deep",
                   .model = "claude-opus-4-7",
                   .status = "done",
                   .attempts = 1,
                   .turns = 5,
                   .tool_calls = 6,
                   .charged = dollars("0.2"),
                   .summary = "Names are escaped.",
                   .files = {"src/list.cc"},
                   .of = "t7"},
                  {.id = TaskId(1), .kind = "delivery", .title = "delivery", .status = "done"}};
  report.checks = {{.command = "make test",
                    .state = CheckState::kPassed,
                    .task = "t8",
                    .merged = true,
                    .runs = 4,
                    .failures = 1,
                    .detail = ""},
                   {.command = "make lint",
                    .state = CheckState::kFailed,
                    .task = "t5",
                    .merged = false,
                    .runs = 1,
                    .failures = 1,
                    .detail = "list.cc:7: line too long\nmake: *** [lint] Error 1"},
                   {.command = "make docs | tee log",
                    .state = CheckState::kNotRun,
                    .task = "t4",
                    .merged = false,
                    .runs = 0,
                    .failures = 0,
                    .detail = "t4 was skipped"}};
  report.reviews = {{.round = 1,
                     .task = TaskId(7),
                     .status = "done",
                     .findings = 2,
                     .fix = TaskId(8),
                     .fix_status = "done"}};
  report.findings = {{"src/list.cc", 42, Severity::kLow, "review",
                      "The helper is used once; `main` could do it.", "Inline it.", 1, "t7"}};
  report.contexts = {{.role = "planner",
                      .model = "claude-opus-4-7",
                      .largest = Tokens(31'000),
                      .window = Tokens(1'000'000),
                      .pack = Tokens(30'800),
                      .budget = Tokens(40'000),
                      .left_out = {}},
                     {.role = "code-writer",
                      .model = "claude-opus-4-7",
                      .largest = Tokens(58'211),
                      .window = Tokens(1'000'000),
                      .pack = Tokens(21'400),
                      .budget = Tokens(60'000),
                      .left_out = {"t2: src/big.cc (lines 400-900 of 900)"}},
                     {.role = "test-writer",
                      .model = "a-model-of-ours",
                      .largest = Tokens(18'000),
                      .window = std::nullopt,
                      .pack = Tokens(),
                      .budget = Tokens(),
                      .left_out = {}}};
  report.repository = Tokens(180'000);
  report.by_worker = {{"planner", 1, tokens(31'000, 0, 0, 2'000), dollars("0.205")},
                      {"code-writer", 17, tokens(22'000, 30'000, 341'000, 9'000), dollars("0.7")},
                      {"others", 25, tokens(30'456, 17'890, 600'000, 11'345), dollars("0.3295")}};
  report.cost = agent_cost();
  report.compared = dollars("3.1");
  report.notes = {"t5: tests/none.cc is not in the repository."};
  return report;
}

// Stopped by its user while the first worker was at it.
inline AgentReport half_way() {
  AgentReport report;
  report.run = "r-111111111111";
  report.workflow = "run";
  report.status = "paused";
  report.reason = "stopped on request";
  report.request = "Tidy the build files";
  report.started = Instant::from_unix_ms(1'795'197'891'250);
  report.elapsed = Millis(4'200);
  report.base = "9a8b7c6d5e4f99999999999999999999aaaaaaaa";
  report.branch = "baton/tidy-the-build-files";
  report.undelivered = "not made: the run has not ended";
  report.tasks = {{.id = TaskId(0),
                   .kind = "plan",
                   .title = "plan",
                   .worker = "planner",
                   .tier = "deep",
                   .model = "claude-opus-4-7",
                   .status = "done",
                   .attempts = 1,
                   .turns = 1,
                   .charged = dollars("0.1")},
                  {.id = TaskId(2),
                   .kind = "work",
                   .title = "Sort the lists",
                   .worker = "code-writer",
                   .tier = "deep",
                   .status = "pending"}};
  report.cost.total = dollars("0.1");
  report.cost.calls = 1;
  report.cost.usage = tokens(10'000, 0, 0, 2'000);
  report.cost.by_role = {{"orchestrator", 1, tokens(10'000, 0, 0, 2'000), dollars("0.1")},
                         {"workers", 0, {}, {}}};
  report.cost.by_model = {{"claude-opus-4-7", 1, tokens(10'000, 0, 0, 2'000), dollars("0.1")}};
  report.by_worker = {{"planner", 1, tokens(10'000, 0, 0, 2'000), dollars("0.1")}};
  return report;
}

// The planner knew the answer.
inline AgentReport direct_answer() {
  AgentReport report;
  report.run = "r-000000000000";
  report.workflow = "run";
  report.status = "complete";
  report.request = "Where is the version kept?";
  report.started = Instant::from_unix_ms(1'795'197'891'250);
  report.elapsed = Millis(3'100);
  report.answer = "In `CMakeLists.txt`, line 2.\n\nNothing else repeats it.";
  report.base = "9a8b7c6d5e4f99999999999999999999aaaaaaaa";
  report.tasks = {{.id = TaskId(0),
                   .kind = "plan",
                   .title = "plan",
                   .worker = "planner",
                   .tier = "deep",
                   .model = "claude-opus-4-7",
                   .status = "done",
                   .attempts = 1,
                   .turns = 1,
                   .charged = dollars("0.1")}};
  report.cost = half_way().cost;
  report.by_worker = half_way().by_worker;
  return report;
}

// A run in which whoever could choose a text chose this one.
inline AgentReport all_saying(const std::string& text) {
  AgentReport report = feature();
  report.run = report.workflow = report.status = report.reason = report.request = text;
  report.approach = report.answer = report.base = report.branch = report.commit = text;
  for (FileDelta& file : report.changed) file.path = text;
  for (AgentTaskLine& task : report.tasks) {
    task.title = task.worker = task.reason = task.tier = task.model = task.note = text;
    task.summary = task.result = task.of = task.trouble = text;
    task.files = task.notes = task.conflicts = {text};
  }
  report.checks.push_back(
      {.command = text, .state = CheckState::kFailed, .task = text, .detail = ""});
  report.checks.push_back(
      {.command = text, .state = CheckState::kNotRun, .task = text, .detail = text});
  report.findings = {{text, 1, Severity::kHigh, text, text, text, 0.5, text}};
  for (ContextLine& context : report.contexts) {
    context.role = context.model = text;
    context.left_out = {text};
  }
  for (CostLine& line : report.by_worker) line.name = text;
  for (CostLine& line : report.cost.by_model) line.name = text;
  report.cost.deep_model = text;
  report.notes = {text};
  return report;
}

}  // namespace baton::example
