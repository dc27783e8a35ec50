#include "app/review_result.h"

#include <gmock/gmock.h>

namespace baton {
namespace {

RunState ended_as(RunStatus status) {
  RunState run;
  run.status = status;
  return run;
}

ReviewReport with_findings(const std::vector<Severity>& severities) {
  ReviewReport report;
  for (const Severity severity : severities) {
    Finding finding;
    finding.severity = severity;
    report.findings.push_back(finding);
  }
  return report;
}

RunRequest fail_on(std::string severity) {
  RunRequest request;
  request.fail_on = std::move(severity);
  return request;
}

TEST(ExitCodeTest, EveryWayARunEndsHasItsCode) {
  const auto code = [](RunStatus status) {
    return exit_code_of(ended_as(status), ReviewReport(), RunRequest());
  };
  EXPECT_EQ(code(RunStatus::kComplete), ExitCode::kDone);
  EXPECT_EQ(code(RunStatus::kBudgetExhausted), ExitCode::kBudgetExhausted);
  EXPECT_EQ(code(RunStatus::kPartial), ExitCode::kProvider);
  EXPECT_EQ(code(RunStatus::kFailed), ExitCode::kProvider);
  EXPECT_EQ(code(RunStatus::kPaused), ExitCode::kInterrupted);
  EXPECT_EQ(code(RunStatus::kRunning), ExitCode::kInterrupted);
}

TEST(ExitCodeTest, ARunThatTheProviderHaltedIsTheProvidersFault) {
  RunState run = ended_as(RunStatus::kPaused);
  run.halt = Halt{FailureKind::kDenied, "401"};
  EXPECT_EQ(exit_code_of(run, ReviewReport(), RunRequest()), ExitCode::kProvider);
}

TEST(ExitCodeTest, WithoutAModelAMissingProgramIsNamedAndTheOthersHaveDoneTheirWork) {
  RunRequest local = fail_on("high");
  local.local = true;
  const RunState partial = ended_as(RunStatus::kPartial);
  EXPECT_EQ(exit_code_of(partial, with_findings({Severity::kLow}), local), ExitCode::kDone);
  EXPECT_EQ(exit_code_of(partial, with_findings({Severity::kHigh}), local), ExitCode::kFindings);
  EXPECT_EQ(exit_code_of(ended_as(RunStatus::kFailed), ReviewReport(), local), ExitCode::kSystem);
}

TEST(ExitCodeTest, FindingsCountFromTheBarOn) {
  const RunState run = ended_as(RunStatus::kComplete);
  const ReviewReport report = with_findings({Severity::kLow, Severity::kHigh, Severity::kMedium});
  EXPECT_EQ(exit_code_of(run, report, fail_on("")), ExitCode::kDone);
  EXPECT_EQ(exit_code_of(run, report, fail_on("critical")), ExitCode::kDone);
  EXPECT_EQ(exit_code_of(run, report, fail_on("high")), ExitCode::kFindings);
  EXPECT_EQ(exit_code_of(run, report, fail_on("info")), ExitCode::kFindings);
  EXPECT_EQ(exit_code_of(run, with_findings({}), fail_on("info")), ExitCode::kDone);
}

TEST(ExitCodeTest, AReportThatIsNotCompleteGoesBeforeWhatItFound) {
  const ReviewReport report = with_findings({Severity::kCritical});
  EXPECT_EQ(exit_code_of(ended_as(RunStatus::kPartial), report, fail_on("low")),
            ExitCode::kProvider);
  EXPECT_EQ(exit_code_of(ended_as(RunStatus::kBudgetExhausted), report, fail_on("low")),
            ExitCode::kBudgetExhausted);
  EXPECT_EQ(exit_code_of(ended_as(RunStatus::kPaused), report, fail_on("low")),
            ExitCode::kInterrupted);
}

TEST(ExitCodeTest, EveryKindOfErrorHasItsCode) {
  EXPECT_EQ(exit_code_of(usage_error("")), ExitCode::kUsage);
  EXPECT_EQ(exit_code_of(input_error("")), ExitCode::kUsage);
  EXPECT_EQ(exit_code_of(not_found("")), ExitCode::kUsage);
  EXPECT_EQ(exit_code_of(Error{ErrorKind::kBusy, ""}), ExitCode::kSystem);
  EXPECT_EQ(exit_code_of(storage_error("")), ExitCode::kSystem);
  EXPECT_EQ(exit_code_of(system_error("")), ExitCode::kSystem);
}

}  // namespace
}  // namespace baton
