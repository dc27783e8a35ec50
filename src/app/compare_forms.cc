#include "app/compare_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "report/csv_text.h"
#include "report/json_text.h"
#include "report/layout.h"
#include "report/markdown_text.h"
#include "report/paint.h"

namespace baton {
namespace {

namespace json = boost::json;

constexpr int kMoneyWidth = 13;
constexpr int kPercentWidth = 10;

struct Figures {
  Money cost;
  Money difference;
  std::optional<double> percent;
  Projection projection;
};

std::optional<Figures> figures_of(const CompareRow& row, const ComparisonReport& report) {
  if (!row.cost) return std::nullopt;
  const Money difference = *row.cost - report.comparison.base();
  return Figures{.cost = *row.cost,
                 .difference = difference,
                 .percent = percent_of_base(difference, report.comparison.base()),
                 .projection = *projected(*row.cost, report.runs_per_month)};
}

std::string signed_display(Money money) {
  return (money > Money() ? "+" : "") + money.to_display();
}

std::string signed_percent(const std::optional<double>& percent) {
  return percent ? fmt::format("{:+.1f}%", *percent) : "-";
}

// For people: the base has no difference to itself.
std::vector<std::string> cells_of(const CompareRow& row, const ComparisonReport& report) {
  const std::optional<Figures> figures = figures_of(row, report);
  if (!figures) return {"-", "", "", "", ""};
  const bool is_base = &row == &report.comparison.rows.front();
  return {figures->cost.to_display(), is_base ? "" : signed_display(figures->difference),
          is_base ? "" : signed_percent(figures->percent), figures->projection.daily.to_display(),
          figures->projection.monthly.to_display()};
}

std::string headline(const ComparisonReport& report) {
  return fmt::format("{}{}; {} a month", report.what,
                     report.priced_on.empty() ? "" : ", prices of " + report.priced_on,
                     counted(report.runs_per_month, "run", "runs"));
}

std::string row_text(std::string_view name, int name_width, const std::vector<std::string>& cells) {
  std::string line = "  " + left(name, name_width);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += right(cells[i], i == 2 ? kPercentWidth : kMoneyWidth);
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line + "\n";
}

const std::vector<std::string>& heads() {
  static const std::vector<std::string> all = {"cost", "difference", "percent", "a day", "a month"};
  return all;
}

}  // namespace

Status check_projections(const ComparisonReport& report) {
  for (const CompareRow& row : report.comparison.rows) {
    if (row.cost && !projected(*row.cost, report.runs_per_month)) {
      return usage_error(
          fmt::format("{} a month at {} each cost more than can be counted; give fewer with "
                      "--runs-per-month",
                      counted(report.runs_per_month, "run", "runs"), row.cost->to_display()));
    }
  }
  return {};
}

std::string comparison_text(const ComparisonReport& report, const TerminalStyle& style) {
  const Paint paint(style.color);
  int width = 0;
  for (const CompareRow& row : report.comparison.rows) {
    width = std::max(width, columns_of(row.name));
  }
  std::string out =
      paint.bold("Compare") + "  " + hanging("", one_line(headline(report)), style.width - 9, 0);
  out += paint.dim(row_text("", width, heads()));
  for (const CompareRow& row : report.comparison.rows) {
    out += row_text(row.name, width, cells_of(row, report));
    const std::string_view below = row.missing.empty() ? row.detail : row.missing;
    if (!below.empty()) out += paint.dim(hanging("    ", one_line(below), style.width, 4));
  }
  for (const std::string& note : report.comparison.notes) {
    out += hanging("  * ", one_line(note), style.width, 4);
  }
  return out;
}

std::string comparison_markdown(const ComparisonReport& report) {
  std::string out = fmt::format("## Compare: {}\n\n", md_prose(one_line(headline(report))));
  out += "| | models | cost | difference | percent | a day | a month |\n";
  out += "|---|---|---:|---:|---:|---:|---:|\n";
  for (const CompareRow& row : report.comparison.rows) {
    const std::string& says = row.missing.empty() ? row.detail : row.missing;
    out += fmt::format("| {} | {} | {} |\n", row.name, md_cell(says),
                       fmt::join(cells_of(row, report), " | "));
  }
  if (!report.comparison.notes.empty()) out += "\n";
  for (const std::string& note : report.comparison.notes) {
    out += fmt::format("- {}\n", md_prose(one_line(note)));
  }
  return out;
}

std::string comparison_json(const ComparisonReport& report) {
  json::array rows;
  for (const CompareRow& row : report.comparison.rows) {
    json::object one{{"name", row.name}, {"models", json_text(row.detail)}};
    if (const std::optional<Figures> figures = figures_of(row, report)) {
      one["cost_usd"] = json_dollars(figures->cost);
      one["difference_usd"] = json_dollars(figures->difference);
      one["difference_percent"] =
          figures->percent ? json::value(*figures->percent) : json::value(nullptr);
      one["daily_usd"] = json_dollars(figures->projection.daily);
      one["monthly_usd"] = json_dollars(figures->projection.monthly);
    } else {
      one["missing"] = json_text(row.missing);
    }
    rows.emplace_back(std::move(one));
  }
  json::array notes;
  for (const std::string& note : report.comparison.notes) notes.push_back(json_text(note));
  json::object out{{"what", json_text(report.what)},
                   {"priced_on", json_text_or_null(report.priced_on)},
                   {"runs_per_month", report.runs_per_month},
                   {"rows", std::move(rows)},
                   {"notes", std::move(notes)}};
  return pretty_json(out);
}

std::string comparison_csv(const ComparisonReport& report) {
  std::string out = csv_line({"name", "models", "cost_usd", "difference_usd", "difference_percent",
                              "daily_usd", "monthly_usd", "missing"});
  for (const CompareRow& row : report.comparison.rows) {
    const std::optional<Figures> figures = figures_of(row, report);
    if (!figures) {
      out += csv_line({row.name, row.detail, "", "", "", "", "", row.missing});
      continue;
    }
    out += csv_line(
        {row.name, row.detail, figures->cost.to_string(), figures->difference.to_string(),
         figures->percent ? fmt::format("{:.1f}", *figures->percent) : "",
         figures->projection.daily.to_string(), figures->projection.monthly.to_string(), ""});
  }
  return out;
}

}  // namespace baton
