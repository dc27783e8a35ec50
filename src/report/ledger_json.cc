#include <boost/json.hpp>

#include "report/cost_json.h"
#include "report/json_text.h"
#include "report/ledger_report.h"
#include "report/percent.h"

namespace baton {
namespace {

namespace json = boost::json;

void put_line(json::object& out, const LedgerLine& line) {
  out["runs"] = line.runs;
  out["calls"] = line.calls;
  out["charged_usd"] = json_dollars(line.charged);
  out["orchestrator_usd"] = json_dollars(line.orchestrator);
  out["workers_usd"] = json_dollars(line.charged - line.orchestrator);
  out["unknown_usd"] = json_dollars(line.unknown);
  out["unknown_calls"] = line.unknown_calls;
  out["wasted_usd"] = json_dollars(line.wasted);
  out["escalations"] = line.escalations;
  out["tokens"] = tokens_object(line.usage);
  out["cached_percent"] = percent(line.usage.cache_read.count(), line.usage.prompt().count());
  out["all_deep_usd"] = json_dollars(line.all_deep);
  out["comparable_usd"] = json_dollars(line.comparable);
  out["incomparable_calls"] = line.incomparable_calls;
  out["saved_usd"] = json_dollars(line.saved());
  out["saved_percent"] = percent(line.saved().picodollars(), line.all_deep.picodollars());
}

json::array lines_array(const std::vector<LedgerLine>& lines) {
  json::array out;
  for (const LedgerLine& line : lines) {
    json::object one{{"name", json_text(line.name)}};
    put_line(one, line);
    out.emplace_back(std::move(one));
  }
  return out;
}

json::array runs_array(const std::vector<LedgerRun>& runs) {
  json::array out;
  for (const LedgerRun& run : runs) {
    json::object one{{"name", json_text(run.run)},
                     {"title", json_text(run.title)},
                     {"status", json_text(run.status)},
                     {"created", timestamp_of(run.created)},
                     {"deep_model", json_text(run.deep_model)}};
    put_line(one, run.line);
    out.emplace_back(std::move(one));
  }
  return out;
}

json::array targets_array(const std::vector<Judgement>& targets) {
  json::array out;
  for (const Judgement& target : targets) {
    out.emplace_back(json::object{{"name", json_text(target.name)},
                                  {"measure", to_string(target.measure)},
                                  {"wanted", target.wanted},
                                  {"state", to_string(target.state)},
                                  {"value", target.value},
                                  {"where", json_text(target.where)},
                                  {"met", target.met},
                                  {"measured", target.measured}});
  }
  return out;
}

}  // namespace

std::string to_json(const LedgerReport& report) {
  const Ledger& ledger = report.ledger;
  json::object total;
  put_line(total, ledger.total);
  json::object by;
  for (const Grouping grouping : report.by) {
    by[to_string(grouping)] =
        grouping == Grouping::kRun ? runs_array(ledger.runs) : lines_array(ledger.lines(grouping));
  }
  json::array left_out;
  for (const LeftOut& run : ledger.left_out) {
    left_out.emplace_back(
        json::object{{"run_id", json_text(run.run)}, {"reason", json_text(run.reason)}});
  }
  return pretty_json(json::object{{"scope", json_text_or_null(ledger.scope)},
                                  {"since", json_text_or_null(ledger.period.since)},
                                  {"until", json_text_or_null(ledger.period.until)},
                                  {"total", std::move(total)},
                                  {"mean_run_usd", json_dollars(ledger.mean_run())},
                                  {"median_run_usd", json_dollars(ledger.median_run())},
                                  {"targets", targets_array(report.targets)},
                                  {"by", std::move(by)},
                                  {"left_out", std::move(left_out)}});
}

}  // namespace baton
