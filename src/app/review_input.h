// What `baton review` and `baton estimate` are asked, read alike.
#pragma once

#include <string>

#include "app/commands.h"
#include "app/settings.h"
#include "change/change.h"
#include "provider/credentials.h"

namespace baton {

// From the process's environment.
Result<Endpoint> endpoint();

Result<Change> read_input(const ReviewOptions& options);
Result<RunRequest> read_options(const ReviewOptions& options);

// A model without a price would be refused at its first call: better before anything is spent.
Status check_prices(const RunRequest& request, const Catalog& catalog);

// "HEAD~3..HEAD: 3 files, 12 lines added".
std::string what_is_reviewed(const Change& change);

}  // namespace baton
