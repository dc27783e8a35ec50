// `baton memory`: what is remembered of a project, looked at and put right.
#pragma once

#include <cstdint>
#include <string>

#include "app/exit_code.h"

namespace baton {

struct MemoryOptions {
  std::string action;   // "list", "search", "add", "edit", "drop" or "show"
  std::string text;     // search: words; add and edit: the fact
  std::int64_t id = 0;  // edit, drop and show: of a fact
  std::string only;     // list: "proposed", "kept", "dropped" or "all"; empty: all but dropped
  std::string why;      // drop: the reason, for people
  std::string repo = ".";
  std::string project;          // empty: the place of `repo`
  std::string format = "text";  // or "json"
  std::string state;
};
ExitCode memory_command(const MemoryOptions& options);

}  // namespace baton
