#include "shell/restore.h"

namespace baton {
namespace {

// The text of that name; an empty name is an empty text.
Result<std::string> text_of(Journal& journal, const BlobId& id) {
  if (id.empty()) return std::string();
  return journal.blob(id);
}

}  // namespace

Status restore(Workflow& workflow, const RunState& run, Journal& journal) {
  for (const Task& task : run.tasks) {
    const Result<std::string> brief = text_of(journal, task.spec.brief);
    if (!brief) return brief.error();
    workflow.added(task.spec, *brief);
  }
  for (const Task& task : run.tasks) {
    if (!task.ended() && (!task.checked || task.findings.empty())) continue;
    const Result<std::string> findings = text_of(journal, task.findings);
    if (!findings) return findings.error();
    if (!task.ended()) {
      workflow.checked(task.spec.id, *findings);
      continue;
    }
    const Result<std::string> answer = text_of(journal, task.result);
    if (!answer) return answer.error();
    workflow.finished(task, *answer, *findings);
  }
  return {};
}

}  // namespace baton
