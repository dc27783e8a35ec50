// The text of an instruction file (AGENTS.md, CLAUDE.md) as models get it, and what it imports.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton {

struct InstructionText {
  std::string text;                  // without HTML comments, but for those in code
  std::vector<std::string> imports;  // what stands behind each "@" outside of code, in order
};

// An import begins a line or follows white space, and goes up to the next white space. Only the
// first 500 are told.
InstructionText read_instruction_text(std::string_view markdown);

}  // namespace baton
