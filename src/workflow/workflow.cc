#include "workflow/workflow.h"

namespace baton {

std::vector<NewTask> Workflow::follow_up(const RunState&, const Task&) {
  return {};
}

}  // namespace baton
