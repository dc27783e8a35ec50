// Texts of a run of agents that a planner wrote or a journal holds: read, they are refused or come
// back as they were written.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "provider/messages.h"
#include "workflow/agent_result.h"
#include "workflow/agent_task.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)baton::read_agent_task(text);
  if (const auto brief = baton::read_agent_brief(text)) {
    const auto again = baton::read_agent_brief(baton::write_agent_brief(*brief));
    BATON_CHECK(again && *again == *brief);
  }
  if (const auto result = baton::read_agent_result(text)) {
    const auto again = baton::read_agent_result(baton::write_agent_result(*result));
    BATON_CHECK(again && *again == *result);
  }
  (void)baton::tool_uses_in(text);
  return 0;
}
