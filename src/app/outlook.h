// What a review is likely to take, and so which way it goes: the forecast, given the journal.
#pragma once

#include <optional>
#include <vector>

#include "app/settings.h"
#include "forecast/forecast_modes.h"
#include "forecast/history.h"
#include "provider/messages.h"
#include "store/journal.h"

namespace baton {

// The latest runs of the project, at most kMostHistory. A run that cannot be read is left out:
// `baton verify` has more to say about it.
std::vector<PastRun> project_history(Journal& journal, const std::string& project);

// The first call of a review that goes this way.
ModelRequest first_request(const Change& change, const Tables& tables, RunRequest request, Way way);

// Prompts as the provider has counted them.
struct CountedPrompts {
  Tokens plan;
  Tokens direct;
};

struct Outlook {
  Prospects prospects;
  Choice choice;

  const Prospect& chosen() const { return baton::chosen(prospects, choice); }
};
Outlook outlook_of(const Change& change, const Tables& tables, const RunRequest& request,
                   const std::vector<PastRun>& history,
                   const std::optional<CountedPrompts>& counted = std::nullopt);

}  // namespace baton
