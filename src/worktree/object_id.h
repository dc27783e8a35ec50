// Ids of git's objects, as the journal holds them and callers name them: full ones only, so that
// nothing else is ever taken for a revision or an option.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace baton {

bool is_object_id(std::string_view text);
// kInput, saying `what` it should have been the id of, unless it is one.
Status check_object_id(std::string_view what, std::string_view id);

// An answer of git's that is one line.
std::string one_line(std::string output);

}  // namespace baton
