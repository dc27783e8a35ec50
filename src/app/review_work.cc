// The work of a review.
#include "app/review_result.h"
#include "app/review_run.h"
#include "app/run_work.h"
#include "app/say.h"
#include "shell/restore.h"

namespace baton {
namespace {

class ReviewWork final : public RunWork {
 public:
  ReviewWork(const WorkSite& site, Change change)
      : site_(site), review_(make_review(std::move(change), site.tables, site.request)) {}

  Review& workflow() override { return review_; }

  RunParts parts() override {
    return {review_, review_checkers(site_.loop, review_, site_.tables, site_.request)};
  }

  Result<RunTold> told(const RunState& run, const CostFold& costs) override {
    const ReviewReport report = report_of(run, review_, costs, site_.request, site_.tables);
    return RunTold{rendered(report, site_.request.format, output_style()),
                   exit_code_of(run, report, site_.request)};
  }

 private:
  WorkSite site_;
  Review review_;
};

}  // namespace

std::unique_ptr<RunWork> review_work(const WorkSite& site, Change change) {
  return std::make_unique<ReviewWork>(site, std::move(change));
}

Result<std::unique_ptr<RunWork>> review_work_of(const WorkSite& site, const TakenUp& taken) {
  Result<Change> change = read_change(taken.input);
  if (!change) return change.error();
  std::unique_ptr<RunWork> work = review_work(site, std::move(*change));
  if (Status told = restore(work->workflow(), taken.as_restored(), site.journal); !told)
    return told.error();
  return work;
}

}  // namespace baton
