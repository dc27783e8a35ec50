#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "report/html_text.h"
#include "report/json_text.h"
#include "report/layout.h"
#include "report/ledger_words.h"
#include "report/percent.h"

// The bundles of web/, put in by the build.
extern "C" const char baton_built_cost_js[], baton_built_cost_js_end[];
extern "C" const char baton_built_cost_css[], baton_built_cost_css_end[];

namespace baton {
namespace {

namespace json = boost::json;

// A page with every one of thousands of runs is slow to open and to print. JSON and CSV have all.
constexpr std::size_t kMostRuns = 200;

std::string_view script() {
  return {baton_built_cost_js, baton_built_cost_js_end};
}
std::string_view style() {
  return {baton_built_cost_css, baton_built_cost_css_end};
}

// Rounded as people read it, and exact to whoever points at it.
std::string dollars(Money money) {
  return fmt::format("<td title=\"${}\">{}</td>", money.to_string(), html_text(money.to_display()));
}

std::string number(std::int64_t count) {
  return "<td>" + grouped(count) + "</td>";
}

std::string text_cell(std::string_view text) {
  return "<td>" + html_text(text) + "</td>";
}

std::string share_bar(Money part, Money whole) {
  const double share = std::clamp(percent(part.picodollars(), whole.picodollars()), 0.0, 100.0);
  return fmt::format(
      "<td class=\"share\"><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-label=\"{0:.1f}% of the total\"><title>{0:.1f}% of the total</title>"
      "<rect width=\"{0:.1f}\" height=\"10\"/></svg></td>",
      share);
}

// A table that scrolls by itself where it is long, with the keyboard too.
std::string table(std::string_view title, std::string_view kind, std::string_view head,
                  std::string_view body, std::string_view foot) {
  return fmt::format(
      "<div class=\"scroll {}\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>"
      "<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>{}</table></div>\n",
      kind, title, head, body, foot.empty() ? "" : fmt::format("<tfoot><tr>{}</tr></tfoot>", foot));
}

std::string heads(std::initializer_list<std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) {
    out += fmt::format("<th scope=\"col\">{}</th>", name);
  }
  return out;
}

// ---- breakdowns ----

std::string tokens_cells(const Usage& usage) {
  return number(usage.input.count()) +
         number((usage.cache_write_5m + usage.cache_write_1h).count()) +
         number(usage.cache_read.count()) + number(usage.output.count());
}

std::string by_name(const LedgerReport& report, Grouping grouping) {
  const LedgerLine& total = report.ledger.total;
  std::string body;
  for (const LedgerLine& line : report.ledger.lines(grouping)) {
    body += fmt::format("<tr><th scope=\"row\">{}</th>{}{}{}{}{}{}</tr>\n", html_text(line.name),
                        number(line.runs), number(line.calls), tokens_cells(line.usage),
                        dollars(line.charged), text_cell(saved_text(line)),
                        share_bar(line.charged, total.charged));
  }
  const std::string foot = fmt::format(
      "<th scope=\"row\">total</th>{}{}{}{}{}<td></td>", number(total.runs), number(total.calls),
      tokens_cells(total.usage), dollars(total.charged), text_cell(saved_text(total)));
  return table(heading_of(grouping), "",
               heads({heading_of(grouping), "Runs", "Calls", "Input", "Cache write", "Cache read",
                      "Output", "Cost", "Saved", "Share"}),
               body, foot);
}

std::string by_time(const LedgerReport& report, Grouping grouping) {
  std::string body;
  for (const LedgerLine& line : report.ledger.lines(grouping)) {
    body += fmt::format("<tr><th scope=\"row\">{}</th>{}{}{}{}{}{}{}</tr>\n", html_text(line.name),
                        number(line.runs), number(line.calls), dollars(line.orchestrator),
                        dollars(line.charged - line.orchestrator), dollars(line.charged),
                        text_cell(cached_text(line)), text_cell(saved_text(line)));
  }
  return table(heading_of(grouping), "time",
               heads({heading_of(grouping), "Runs", "Calls", "Orchestrator", "Workers", "Cost",
                      "Cached", "Saved"}),
               body, "");
}

std::string by_run(const LedgerReport& report) {
  const std::vector<LedgerRun>& runs = report.ledger.runs;
  std::string body;
  for (std::size_t i = 0; i < std::min(runs.size(), kMostRuns); ++i) {
    const LedgerRun& run = runs[i];
    body += fmt::format("<tr><th scope=\"row\">{}</th>{}{}{}{}{}<td class=\"words\">{}</td></tr>\n",
                        html_text(run.run), text_cell(timestamp_of(run.created)),
                        text_cell(run.status), number(run.line.calls), dollars(run.line.charged),
                        text_cell(saved_text(run.line)), html_text(run.title));
  }
  std::string out = table("Run", "time",
                          heads({"Run", "Begun", "Status", "Calls", "Cost", "Saved"}) +
                              "<th scope=\"col\" class=\"words\">Title</th>",
                          body, "");
  if (runs.size() > kMostRuns) {
    out += fmt::format(
        "<p class=\"note\">The latest {} of {} runs; <code>--format csv --by run</code> lists "
        "all.</p>\n",
        grouped(kMostRuns), grouped(std::ssize(runs)));
  }
  return out;
}

std::string section(const LedgerReport& report, Grouping grouping) {
  const std::string_view name = to_string(grouping);
  const bool timed =
      grouping == Grouping::kDay || grouping == Grouping::kMonth || grouping == Grouping::kRun;
  std::string out = fmt::format("<section><h2>By {}</h2>\n", name);
  if (!timed) return out + by_name(report, grouping) + "</section>\n";
  out += fmt::format("<div class=\"pair\"><figure class=\"chart\" id=\"chart-{}\"></figure>\n<div>",
                     name);
  out += grouping == Grouping::kRun ? by_run(report) : by_time(report, grouping);
  return out + "</div></div></section>\n";
}

// ---- what the charts draw ----

json::object point(std::string_view name, const LedgerLine& line) {
  // Half a baseline beside a whole bar would look like a loss.
  const bool whole = line.incomparable_calls == 0;
  return {{"name", json_text(name)},
          {"charged", json_dollars(line.charged)},
          {"orchestrator", json_dollars(line.orchestrator)},
          {"workers", json_dollars(line.charged - line.orchestrator)},
          {"allDeep", whole ? json_dollars(line.all_deep) : json::value(nullptr)},
          {"saved", json_dollars(line.saved())},
          {"cacheRead", line.usage.cache_read.count()},
          {"prompt", line.usage.prompt().count()}};
}

json::object chart_data(const LedgerReport& report) {
  json::object data;
  for (const Grouping grouping : report.by) {
    json::array points;
    if (grouping == Grouping::kDay || grouping == Grouping::kMonth) {
      for (const LedgerLine& line : report.ledger.lines(grouping)) {
        points.emplace_back(point(line.name, line));
      }
    } else if (grouping == Grouping::kRun) {
      const std::vector<LedgerRun>& runs = report.ledger.runs;
      for (std::size_t i = std::min(runs.size(), kMostRuns); i-- > 0;) {
        points.emplace_back(point(one_line(runs[i].run), runs[i].line));
      }
    }
    if (!points.empty()) data[to_string(grouping)] = std::move(points);
  }
  return data;
}

// ---- the page ----

std::string facts(const Ledger& ledger) {
  std::string out = "<dl class=\"facts\">\n";
  for (const auto& [label, text] : facts_of(ledger)) {
    out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", html_text(label), html_text(text));
  }
  return out + "</dl>\n";
}

std::string targets(const std::vector<Judgement>& targets) {
  if (targets.empty()) return {};
  std::string body;
  for (const Judgement& target : targets) {
    std::string kind(to_string(target.state));
    std::replace(kind.begin(), kind.end(), ' ', '-');
    const std::string_view sign = target.state == TargetState::kMet      ? "✓"
                                  : target.state == TargetState::kNotMet ? "✗"
                                                                         : "–";
    body += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"state {}\">{} {}</td><td class=\"words\">{}</td>"
        "</tr>\n",
        html_text(target.name), kind, sign, to_string(target.state), html_text(verdict_of(target)));
  }
  return "<section><h2>Targets</h2>\n" +
         table("Targets", "",
               "<th scope=\"col\">Target</th><th scope=\"col\" class=\"words\">State</th>"
               "<th scope=\"col\" class=\"words\">Measured</th>",
               body, "") +
         "</section>\n";
}

std::string left_out(const std::vector<LeftOut>& runs) {
  if (runs.empty()) return {};
  std::string out = "<section><h2>Left out</h2>\n<ul>\n";
  for (const LeftOut& run : runs) {
    out += fmt::format("<li>{}: {}</li>\n", html_text(run.run), html_text(run.reason));
  }
  return out + "</ul></section>\n";
}

std::string head(std::string_view title) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {}; "
      "style-src {}; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n",
      csp_hash(script()), csp_hash(style()), html_text(title), style());
}

}  // namespace

std::string to_html(const LedgerReport& report) {
  const Ledger& ledger = report.ledger;
  std::string out = head(title_of(ledger));
  out += fmt::format("<body>\n<h1>{}</h1>\n<p class=\"headline\">{}</p>\n",
                     html_text(title_of(ledger)), html_text(headline_of(ledger)));
  out += facts(ledger);
  if (!ledger.runs.empty()) {
    out += targets(report.targets);
    for (const Grouping grouping : report.by) out += section(report, grouping);
  }
  out += left_out(ledger.left_out);
  out +=
      "<footer>Days and months are UTC. “Saved” compares calls whose bill is known with the same "
      "tokens at the deep model’s price. Exact amounts show when you point at them.</footer>\n";
  out += fmt::format("<script type=\"application/json\" id=\"data\">{}</script>\n",
                     html_json(chart_data(report)));
  return out + fmt::format("<script>{}</script>\n</body>\n</html>\n", script());
}

}  // namespace baton
