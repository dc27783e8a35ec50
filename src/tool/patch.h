// Unified diffs as models write them, and how they are applied to texts. The numbers behind a
// hunk's
// @@ are hints: its lines say what it holds. But every line of context must be there, letter by
// letter; where several places fit, the one meant must be certain.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton {

struct PatchLine {
  char mark = ' ';           // ' ' context, '-' old, '+' new
  std::string_view text;     // without its end
  bool without_end = false;  // "\ No newline at end of file" follows

  bool operator==(const PatchLine&) const = default;
};

struct PatchHunk {
  std::string_view header;       // "@@ -1,4 +1,5 @@ main"
  int patch_line = 0;            // where in the patch it stands
  std::optional<int> old_first;  // the line of the file it should begin at, where the header says
  std::vector<PatchLine> lines;
};

struct FilePatch {
  std::string old_path;  // empty: the file is new
  std::string new_path;  // empty: the file is deleted
  std::vector<PatchHunk> hunks;
};

// Views into `text`. kInput, with the line of the patch: no file in it, a hunk without a file,
// lines that belong to no hunk, something other than text (binary patches, links, copies).
Result<std::vector<FilePatch>> read_patch(std::string_view text);

struct Patched {
  std::string text;
  std::vector<int> offsets;  // of each hunk: how many lines away from where it said
};

// Lines away from where it should be that a hunk is looked for.
inline constexpr int kMostPatchOffset = 200;

// kInput: a hunk that does not fit, with what the file has instead.
Result<Patched> apply_patch(std::string_view text, const FilePatch& patch);

}  // namespace baton
