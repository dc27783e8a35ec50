#include "report/cost_terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "report/layout.h"
#include "report/paint.h"

namespace baton {
namespace {

constexpr int kLabelWidth = 10;

// Rows of numbers under one another. The first column is as wide as its longest name, so that a
// summary fits 80 columns.
class Table {
 public:
  explicit Table(std::initializer_list<const std::vector<CostLine>*> parts) {
    for (const auto* lines : parts) {
      for (const CostLine& line : *lines) {
        name_width_ = std::max(name_width_, columns_of(one_line(line.name)));
      }
    }
  }

  std::string head() const {
    return row("", "calls", "input", "cache write", "cache read", "output", "cost");
  }
  std::string row(const CostLine& line) const {
    return row(one_line(line.name), grouped(line.calls), grouped(line.usage.input.count()),
               grouped((line.usage.cache_write_5m + line.usage.cache_write_1h).count()),
               grouped(line.usage.cache_read.count()), grouped(line.usage.output.count()),
               line.charged.to_display());
  }
  std::string rows(const std::vector<CostLine>& lines) const {
    std::string out;
    for (const CostLine& line : lines) out += row(line);
    return out;
  }

 private:
  std::string row(std::string_view name, std::string_view calls, std::string_view input,
                  std::string_view written, std::string_view read, std::string_view output,
                  std::string_view cost) const {
    return "  " + left(name, name_width_) + right(calls, 6) + right(input, 12) +
           right(written, 13) + right(read, 12) + right(output, 10) + right(cost, 9) + "\n";
  }

  int name_width_ = 12;
};

std::string labelled(std::string_view label, std::string_view text, int width) {
  return hanging("  " + left(label, kLabelWidth), text, width, 2 + kLabelWidth);
}

std::string headline(const CostReport& cost) {
  std::string text = cost.total.to_display();
  if (cost.budget) text += " of " + cost.budget->to_display();
  if (cost.calls == 0) return text + " (no model was called)";
  return text + fmt::format(" in {}", counted(cost.calls, "call", "calls"));
}

std::string all_deep_text(const CostReport& cost) {
  const std::string text = fmt::format("{} for the same tokens on {}: ", cost.all_deep.to_display(),
                                       one_line(cost.deep_model));
  const double saved = cost.saved_percent();
  if (saved < 0) return text + "this run cost more";
  return text + fmt::format("{:.1f}% saved", saved);
}

std::string estimate_text(const CostReport& cost) {
  return fmt::format("{} before, {} in the end", cost.estimate->to_display(),
                     cost.total.to_display());
}

std::string unknown_text(const CostReport& cost) {
  return fmt::format("{} without a known bill, booked at worst case: {}",
                     counted(cost.unknown_calls, "call is", "calls are"),
                     cost.unknown.to_display());
}

}  // namespace

std::string cost_text(const CostReport& cost, const TerminalStyle& style, CostDetail detail) {
  const Paint paint(style.color);
  std::string out = fmt::format("{}  {}\n", paint.bold("Cost"), headline(cost));
  if (cost.calls > 0) {
    const std::vector<CostLine> tasks =
        detail == CostDetail::kByTask ? cost.by_task : std::vector<CostLine>{};
    const Table table({&cost.by_role, &cost.by_model, &tasks});
    out += paint.dim(table.head());
    out += table.rows(cost.by_role) + table.rows(cost.by_model) + table.rows(tasks);
    out += table.row(
        {.name = "total", .calls = cost.calls, .usage = cost.usage, .charged = cost.total});
    out += labelled(
        "cached",
        fmt::format("{:.1f}% of the prompt tokens were read from the cache", cost.cached_percent()),
        style.width);
    if (cost.all_deep > Money()) out += labelled("all deep", all_deep_text(cost), style.width);
    if (cost.estimate) out += labelled("estimate", estimate_text(cost), style.width);
  }
  if (cost.unknown_calls > 0) out += labelled("unknown", unknown_text(cost), style.width);
  if (cost.retries + cost.escalations > 0) {
    out += labelled("retries",
                    fmt::format("{}, {}; {} for attempts that were not accepted",
                                counted(cost.retries, "retry", "retries"),
                                counted(cost.escalations, "escalation", "escalations"),
                                cost.wasted.to_display()),
                    style.width);
  }
  return out;
}

std::string cost_to_terminal(const RunId& run, const CostReport& cost, const TerminalStyle& style) {
  return fmt::format("Run {}\n", one_line(run)) + cost_text(cost, style, CostDetail::kByTask);
}

}  // namespace baton
