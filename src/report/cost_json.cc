#include "report/cost_json.h"

#include <boost/json.hpp>

#include "report/json_text.h"

namespace baton {
namespace {

namespace json = boost::json;

void put_line(json::object& out, const CostLine& line) {
  out["calls"] = line.calls;
  out["charged_usd"] = json_dollars(line.charged);
  out["tokens"] = tokens_object(line.usage);
}

json::object by_name(const std::vector<CostLine>& lines) {
  json::object out;
  for (const CostLine& line : lines) {
    json::object one;
    put_line(one, line);
    out[json_text(line.name).as_string()] = std::move(one);
  }
  return out;
}

json::array by_task(const std::vector<CostLine>& lines) {
  json::array out;
  for (const CostLine& line : lines) {
    const std::string_view name = line.name;
    const std::size_t space = name.find(' ');
    json::object one;
    one["task"] = json_text(name.substr(0, space));
    one["type"] = json_text(space == name.npos ? "" : name.substr(space + 1));
    put_line(one, line);
    out.emplace_back(std::move(one));
  }
  return out;
}

}  // namespace

json::object tokens_object(const Usage& usage) {
  return {{"input", usage.input.count()},
          {"cache_write_5m", usage.cache_write_5m.count()},
          {"cache_write_1h", usage.cache_write_1h.count()},
          {"cache_read", usage.cache_read.count()},
          {"output", usage.output.count()}};
}

json::object cost_object(const CostReport& cost) {
  return {{"total_usd", json_dollars(cost.total)},
          {"unknown_usd", json_dollars(cost.unknown)},
          {"unknown_calls", cost.unknown_calls},
          {"budget_usd", json_dollars_or_null(cost.budget)},
          {"estimate_usd", json_dollars_or_null(cost.estimate)},
          {"all_deep_usd", json_dollars(cost.all_deep)},
          {"deep_model", json_text(cost.deep_model)},
          {"saved_percent", cost.saved_percent()},
          {"calls", cost.calls},
          {"retries", cost.retries},
          {"wasted_usd", json_dollars(cost.wasted)},
          {"escalations", cost.escalations},
          {"tokens", tokens_object(cost.usage)},
          {"cached_percent", cost.cached_percent()},
          {"by_role", by_name(cost.by_role)},
          {"by_model", by_name(cost.by_model)},
          {"by_task", by_task(cost.by_task)}};
}

std::string cost_to_json(const RunId& run, const CostReport& cost) {
  json::object out{{"run_id", run}};
  const json::object costs = cost_object(cost);
  out.insert(costs.begin(), costs.end());
  return pretty_json(out);
}

}  // namespace baton
