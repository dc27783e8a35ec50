// Whatever is given as a worker, a skill or an instruction file is refused with its place or
// becomes what worker.h and skill.h promise.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/text.h"
#include "worker/frontmatter.h"
#include "worker/instruction_text.h"
#include "worker/names.h"
#include "worker/skill.h"
#include "worker/tool_names.h"
#include "worker/worker.h"

namespace {

void check_error(const baton::Error& error) {
  const bool is_no_worker = error.kind == baton::ErrorKind::kNotFound;
  BATON_CHECK(is_no_worker || error.kind == baton::ErrorKind::kInput);
  BATON_CHECK(error.message.starts_with("x.md:"));
}

void check_worker(const baton::Worker& worker) {
  BATON_CHECK(baton::objection_to_name(worker.name).empty());
  BATON_CHECK(!worker.description.empty() && !worker.instructions.empty());
  BATON_CHECK(baton::for_terminal(worker.description) == worker.description);
  BATON_CHECK(!worker.tools.empty() && worker.tools.back() == "finish");
  for (const std::string& tool : worker.tools) BATON_CHECK(baton::is_tool_name(tool));
  for (const std::string& skill : worker.skills) {
    BATON_CHECK(baton::objection_to_name(skill).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const baton::Result<baton::Worker> worker = baton::read_worker(text, "x.md");
  if (worker) {
    check_worker(*worker);
  } else {
    check_error(worker.error());
  }
  const baton::Result<baton::Skill> skill = baton::read_skill(text, "x", "x.md");
  if (skill) {
    BATON_CHECK(baton::objection_to_name(skill->name).empty());
    BATON_CHECK(!skill->description.empty() && !skill->body.empty());
  } else {
    check_error(skill.error());
  }
  const baton::InstructionText instructions = baton::read_instruction_text(text);
  BATON_CHECK(instructions.text.size() <= text.size());
  return 0;
}
