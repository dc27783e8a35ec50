// The sentences that the forms of a ledger for people have in common. Not yet escaped for any of
// them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/ledger_report.h"

namespace baton {

// "Cost of 12 runs, 2026-10-01 to 2026-11-20".
std::string title_of(const Ledger& ledger);
// "$12.34 in 320 calls: orchestrator $6.10 (49.4%), workers $6.24".
std::string headline_of(const Ledger& ledger);
// A label and a sentence each: "cached", "71.2% of the prompt tokens were read from the cache".
std::vector<std::pair<std::string, std::string>> facts_of(const Ledger& ledger);
// "Model", "Day".
std::string heading_of(Grouping grouping);
// "49.4% (40.0% to 60.0% wanted)"; "48.0% in 2026-09 (at least 60.0% wanted; 1 of 3 met)".
std::string verdict_of(const Judgement& judgement);
// "60.1%", or "–" where there is nothing to compare with.
std::string saved_text(const LedgerLine& line);
std::string cached_text(const LedgerLine& line);

}  // namespace baton
