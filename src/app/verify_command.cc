#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "app/commands.h"
#include "app/run_lookup.h"
#include "app/say.h"
#include "base/text.h"
#include "core/run_state.h"
#include "store/sqlite_journal.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostToDos = 3;

std::string_view meaning(DamageKind kind) {
  switch (kind) {
    case DamageKind::kBroken:
      return "What is there is not what was written: the journal is only read until it is "
             "repaired.";
    case DamageKind::kLostTail:
      return "What is left is sound, but not all: the journal is only read until the loss is "
             "accepted.";
    case DamageKind::kHead:
      return "Whether the run's last events are lost cannot be told: it does not go on before it "
             "is repaired.";
    case DamageKind::kContradiction:
      return "It is as it was written, but tells of what cannot have been: the run does not go on "
             "before it is repaired.";
  }
  return {};
}

std::string to_do(const Damage& damage) {
  const bool alone = damage.kind == DamageKind::kLostTail || damage.kind == DamageKind::kHead;
  if (!alone || damage.run.empty()) {
    return "`baton repair` keeps what is there, saves what is sound, and books what lost events "
           "may have cost";
  }
  const bool gone = damage.kind == DamageKind::kLostTail && damage.event == 1;
  if (gone) return fmt::format("`baton repair {}` writes down what it may have cost", damage.run);
  return fmt::format(
      "`baton repair {}` books what lost events may have cost; then `baton resume {}` "
      "goes on",
      damage.run, damage.run);
}

bool is_named(const std::vector<Damage>& damages, const RunId& run) {
  return std::any_of(damages.begin(), damages.end(),
                     [&run](const Damage& damage) { return damage.run == run; });
}

// Sound bytes may still tell a story that cannot be.
void check_stories(Journal& journal, const std::vector<RunSummary>& runs,
                   std::vector<Damage>& damages) {
  for (const RunSummary& summary : runs) {
    if (is_named(damages, summary.run)) continue;
    const Result<std::vector<Event>> events = journal.events(summary.run);
    if (!events) continue;
    const Result<RunState> run = replay(*events);
    if (!run) {
      damages.push_back(
          {.run = summary.run, .what = run.error().message, .kind = DamageKind::kContradiction});
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
  for (const DamageKind kind : {DamageKind::kBroken, DamageKind::kLostTail, DamageKind::kHead,
                                DamageKind::kContradiction}) {
    std::set<std::string> to_dos;
    for (const Damage& damage : damages) {
      if (damage.kind == kind) to_dos.insert(to_do(damage));
    }
    if (!to_dos.empty()) fmt::print("\n{}\n", meaning(kind));
    if (to_dos.size() > kMostToDos) to_dos = {"`baton repair` does all of it at once"};
    for (const std::string& what : to_dos) fmt::print("  {}.\n", what);
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

ExitCode report(const RunOptions& options, const std::vector<Damage>& damages, std::size_t runs) {
  options.format == "json" ? print_json(damages, runs) : print_text(damages, runs);
  return damages.empty() ? ExitCode::kDone : ExitCode::kSystem;
}

// What keeps the journal from being opened is a finding, too, where it is damage.
ExitCode report_unopened(const RunOptions& options, const Error& error) {
  const Result<StorePlace> place = store_place(options);
  if (!place || place->is_shared()) return say(error);
  const std::optional<Damage> damage = damage_that_bars_journal(place->state);
  return damage ? report(options, {*damage}, 0) : say(error);
}

}  // namespace

ExitCode verify_command(const RunOptions& options) {
  const Result<std::unique_ptr<Journal>> journal = open_existing(options);
  if (!journal) return report_unopened(options, journal.error());
  Result<std::vector<Damage>> damages = (*journal)->verify();
  if (!damages) return say(damages.error());
  std::size_t count = 0;
  if (const Result<std::vector<RunSummary>> runs = (*journal)->runs()) {
    count = runs->size();
    check_stories(**journal, *runs, *damages);
  } else if (damages->empty()) {
    return say(runs.error());
  }
  return report(options, *damages, count);
}

}  // namespace baton
