#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "app/commands.h"
#include "app/run_lookup.h"
#include "app/say.h"
#include "base/text.h"
#include "core/run_state.h"

namespace baton {
namespace {

namespace json = boost::json;

std::string_view meaning(DamageKind kind) {
  switch (kind) {
    case DamageKind::kBroken:
      return "What is there is not what was written: the journal is only read until it is "
             "repaired.";
    case DamageKind::kLostTail:
      return "What is left is sound, but not all: the run does not go on before the loss is "
             "accepted.";
    case DamageKind::kHead:
      return "Whether the run's last events are lost cannot be told: it does not go on before it "
             "is "
             "repaired.";
  }
  return {};
}

std::string to_do(const Damage& damage) {
  if (damage.kind == DamageKind::kBroken || damage.run.empty()) {
    return "`baton repair` keeps what is there, saves what is sound, and books what lost events "
           "may "
           "have cost";
  }
  return fmt::format(
      "`baton repair {}` books what lost events may have cost; then `baton resume {}` "
      "goes on",
      damage.run, damage.run);
}

// Sound bytes may still tell a story that can not be.
void check_stories(Journal& journal, const std::vector<RunSummary>& runs,
                   std::vector<Damage>& damages) {
  for (const RunSummary& summary : runs) {
    const Result<std::vector<Event>> events = journal.events(summary.run);
    if (!events) continue;  // named already
    const Result<RunState> run = replay(*events);
    if (!run) {
      damages.push_back({summary.run, run.error().message});
    } else if (run->budget.charged() != summary.spent) {
      damages.push_back(
          {summary.run, fmt::format("its events add up to ${}, its summary says ${}",
                                    run->budget.charged().to_string(), summary.spent.to_string())});
    }
  }
}

Money sum_at_risk(const std::vector<Damage>& damages) {
  Money sum;
  for (const Damage& damage : damages) sum += damage.at_risk.value_or(Money());
  return sum;
}

void print_json(const std::vector<Damage>& damages, std::size_t runs) {
  json::array findings;
  for (const Damage& damage : damages) {
    json::object finding = {{"run", damage.run},
                            {"kind", to_string(damage.kind)},
                            {"what", to_utf8(damage.what)},
                            {"means", meaning(damage.kind)},
                            {"to_do", to_do(damage)}};
    if (damage.event > 0) finding["event"] = damage.event;
    if (damage.lost_events > 0) finding["lost_events"] = damage.lost_events;
    if (damage.at_risk) finding["at_risk_usd"] = damage.at_risk->to_string();
    findings.push_back(std::move(finding));
  }
  const json::object report = {{"sound", damages.empty()},
                               {"runs", runs},
                               {"at_risk_usd", sum_at_risk(damages).to_string()},
                               {"findings", std::move(findings)}};
  fmt::print("{}\n", json::serialize(report));
}

void print_text(const std::vector<Damage>& damages, std::size_t runs) {
  for (const Damage& damage : damages)
    fmt::print("{}: {}\n", damage.run.empty() ? "store" : damage.run, for_terminal(damage.what));
  for (const DamageKind kind : {DamageKind::kBroken, DamageKind::kLostTail, DamageKind::kHead}) {
    const auto of_kind = std::find_if(damages.begin(), damages.end(),
                                      [kind](const Damage& damage) { return damage.kind == kind; });
    if (of_kind != damages.end()) fmt::print("\n{}\n  {}.\n", meaning(kind), to_do(*of_kind));
  }
  if (!damages.empty()) fmt::print("\n");
  const Money at_risk = sum_at_risk(damages);
  fmt::print(
      "{} run{} read, {}{}\n", runs, runs == 1 ? "" : "s",
      damages.empty()
          ? "all sound"
          : fmt::format("{} damaged place{}", damages.size(), damages.size() == 1 ? "" : "s"),
      at_risk == Money() ? ""
                         : fmt::format("; up to {} is not in the ledger", at_risk.to_display()));
}

}  // namespace

ExitCode verify_command(const RunOptions& options) {
  const Result<std::unique_ptr<Journal>> journal = open_existing(options);
  if (!journal) return say(journal.error());
  Result<std::vector<Damage>> damages = (*journal)->verify();
  if (!damages) return say(damages.error());
  std::size_t count = 0;
  if (const Result<std::vector<RunSummary>> runs = (*journal)->runs()) {
    count = runs->size();
    check_stories(**journal, *runs, *damages);
  } else if (damages->empty()) {
    return say(runs.error());
  }
  options.format == "json" ? print_json(*damages, count) : print_text(*damages, count);
  return damages->empty() ? ExitCode::kDone : ExitCode::kSystem;
}

}  // namespace baton
