// Synthesis: what the deep model makes of all findings. It speaks of them by id alone ("f1" is the
// first of the list it was shown), so it can rank, merge and dismiss, but not invent a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "change/finding.h"

namespace baton {

struct Synthesis {
  struct Ranked {
    std::string id;
    std::vector<std::string> same_as;  // say the same, and are merged into it
    std::optional<Severity> severity;  // none given: the finding keeps its own
  };
  struct Dismissed {
    std::string id;
    std::string reason;
  };

  std::string summary;
  std::vector<Ranked> ranking;  // most important first
  std::vector<Dismissed> dismissed;
};

std::string finding_id(std::size_t index);  // "f1" for index 0

// kInput if the answer is not a JSON object. Ids are not checked here: those that name nothing have
// no effect below.
Result<Synthesis> read_synthesis(std::string_view answer);

// `all` as the synthesis ranks it, each finding once: merged (without a severity of its own, as
// severe as the worst of them), without the dismissed ones; what the ranking forgot comes last, in
// the order of `all`.
std::vector<Finding> ranked(const Synthesis& synthesis, const std::vector<Finding>& all);

// A line for people about each dismissed finding.
std::vector<std::string> dismissals(const Synthesis& synthesis, const std::vector<Finding>& all);

}  // namespace baton
