// Skills: folders with a SKILL.md that teach a worker something, read step by step: first name and
// description of all, then the body of the one chosen, then files it points to. Facts: the
// worker-definitions reference, section 2.
//
// Nothing in a skill is executed when it is read: lines of the form !`command` stay text. Its
// `${CLAUDE_SKILL_DIR}/` is taken out of paths, as they are relative to its folder here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

struct Skill {
  std::string name;
  std::string description;
  std::string body;
  std::filesystem::path folder;  // absolute; empty: built in, it has no other files
  std::string source;            // for people: where it comes from
  std::vector<std::string> notes;
  bool is_listed = true;  // no: only a worker whose file names it is given it

  bool operator==(const Skill&) const = default;
};

// `text` is that of a SKILL.md in a folder called `folder_name`; `name` is how errors call the
// file.
Result<Skill> read_skill(std::string_view text, std::string_view folder_name,
                         std::string_view name);

// What a worker is told of its skills before it opens one: a line "- NAME: DESCRIPTION" of each
// that is listed, the description cut where it is very long. Empty if there is none.
std::string skill_listing(const std::vector<Skill>& skills);

// The most that one file of a skill holds, in bytes.
inline constexpr std::int64_t kMostSkillFile = 256 << 10;

// A file a skill points to, below its folder. kNotFound; kInput (a link, outside, too large, not
// text).
Result<std::string> read_skill_file(const Skill& skill, std::string_view path);

}  // namespace baton
