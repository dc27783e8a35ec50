// The symbols that source texts define, found by universal-ctags.
//
// It reads the texts from its standard input and, where it was built with it, confined by seccomp
// to reading and writing what is open: nothing of a repository is ever a file name to it, and a
// text that breaks its parsers breaks nothing else.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "prompt/repo_map.h"

namespace baton {

struct SourceText {
  std::string path;  // only its last part counts, which tells the language
  std::string_view text;
};

// For each text its symbols, in order; what tells a planner little (variables, fields, parameters,
// enumerators) is left out. kNotFound if ctags is not installed; kSystem if it is not
// universal-ctags, breaks, or takes longer than `timeout`.
Result<std::vector<std::vector<Symbol>>> symbols_of(const std::vector<SourceText>& texts,
                                                    std::chrono::milliseconds timeout);

}  // namespace baton
