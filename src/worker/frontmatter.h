// Frontmatter: what stands between two lines "---" at the top of a Markdown file. Read strictly and
// flat: keys with a text, a list of texts, or something deeper that is only known to be there.
//
// Files come from repositories that may be hostile: anchors, aliases, tags and keys that stand
// twice are refused, and so is a header above 64 KiB.
//
//   description: Use when: x        not YAML, but common: read as the rest of the line (`literal`)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/result.h"

namespace baton {

inline constexpr std::size_t kMostFrontmatter = 64 << 10;

struct FrontmatterEntry {
  enum class Shape {
    kText,    // a number, a boolean and nothing at all are texts too
    kList,    // of texts
    kNested,  // anything deeper; what it holds is not kept
  };
  std::string key;
  int line = 1;
  Shape shape = Shape::kText;
  std::string text;
  std::vector<std::string> items;
  bool literal = false;  // not YAML: the rest of the line. Good for prose, for nothing else.

  bool operator==(const FrontmatterEntry&) const = default;
};

struct Frontmatter {
  std::vector<FrontmatterEntry> entries;  // as in the file, each key once
  std::string body;                       // what follows, without space around it

  const FrontmatterEntry* find(std::string_view key) const;
  bool operator==(const Frontmatter&) const = default;
};

// A text that does not begin with "---" is all body. kInput, "NAME:LINE: …".
Result<Frontmatter> read_frontmatter(std::string_view text, std::string_view name);

// The kInput error of a file's line.
Error fault_at(std::string_view name, int line, std::string_view what);

}  // namespace baton
