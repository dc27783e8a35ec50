#include "tool/sandbox_job.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/spawn.h"

namespace baton {

Result<SandboxEnd> run_in_sandbox(const ToolSite& site, std::vector<std::string> argv,
                                  Millis limit) {
  BATON_CHECK(site.sandbox != nullptr);
  return site.sandbox->run({.argv = std::move(argv),
                            .workspace = site.workspace.folder(),
                            .readable = site.readable,
                            .limit = limit},
                           site.cancel);
}

bool passed(const SandboxEnd& end) {
  return end.status == 0 && !end.timed_out && !end.cancelled;
}

std::string ending_of(const SandboxEnd& end) {
  // How long it took is not told of one that ended by itself: the same call with the same result is
  // to be seen as that.
  const std::string took = duration_text(end.took);
  if (end.cancelled) return fmt::format("was cancelled after {}", took);
  if (end.timed_out) return fmt::format("took longer than it may and was stopped after {}", took);
  return "ended with " + ending_words(end.status);
}

}  // namespace baton
