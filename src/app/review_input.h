// What `baton review` and `baton estimate` are asked, read alike.
#pragma once

#include <string>

#include "app/commands.h"
#include "app/settings.h"
#include "app/spend_options.h"
#include "change/change.h"

namespace baton {

Result<Change> read_input(const ReviewOptions& options);
Result<RunRequest> read_options(const ReviewOptions& options);

// "HEAD~3..HEAD: 3 files, 12 lines added".
std::string what_is_reviewed(const Change& change);

}  // namespace baton
