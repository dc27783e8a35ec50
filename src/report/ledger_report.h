// `baton cost` over many runs: a ledger with its targets judged, and its forms.
#pragma once

#include <string>
#include <vector>

#include "report/ledger.h"
#include "report/review_report.h"
#include "report/targets.h"

namespace baton {

struct LedgerReport {
  Ledger ledger;
  std::vector<Judgement> targets;
  std::vector<Grouping> by;  // the breakdowns that are shown, in this order
};

// Text from outside is made safe for where it goes: control characters for terminals, markup for
// Markdown and HTML, formulas for spreadsheets. docs/cost-report.md has every field.
std::string to_terminal(const LedgerReport& report, const TerminalStyle& style);
std::string to_markdown(const LedgerReport& report);
std::string to_json(const LedgerReport& report);
std::string to_csv(const LedgerReport& report);
// One page that needs nothing else: no network, no files.
std::string to_html(const LedgerReport& report);

}  // namespace baton
