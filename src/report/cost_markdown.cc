#include "report/cost_markdown.h"

#include <fmt/format.h>

#include "report/layout.h"
#include "report/markdown_text.h"

namespace baton {
namespace {

std::string cost_row(std::string_view name, const CostLine& line) {
  const Usage& usage = line.usage;
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", name, grouped(line.calls),
                     grouped(usage.input.count()),
                     grouped((usage.cache_write_5m + usage.cache_write_1h).count()),
                     grouped(usage.cache_read.count()), grouped(usage.output.count()),
                     md_cell(line.charged.to_display()));
}

std::string cost_headline(const CostReport& cost) {
  std::string out = "Cost: " + cost.total.to_display();
  if (cost.budget) out += " of " + cost.budget->to_display();
  if (cost.calls == 0) return out + ", no model was called";
  if (cost.all_deep > Money() && cost.saved_percent() > 0) {
    out += fmt::format(", {:.1f}% less than all on {}", cost.saved_percent(), cost.deep_model);
  }
  return out;
}

}  // namespace

std::string cost_markdown(const CostReport& cost) {
  if (cost.calls == 0) return md_cell(cost_headline(cost)) + "\n";
  std::string out = fmt::format(
      "<details><summary>{}</summary>\n\n"
      "| | Calls | Input | Cache write | Cache read | Output | Cost |\n"
      "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
      md_html(cost_headline(cost)));
  for (const CostLine& line : cost.by_role) out += cost_row(md_cell(line.name), line);
  for (const CostLine& line : cost.by_model) out += cost_row(md_cell(line.name), line);
  out += cost_row("**total**",
                  {.name = {}, .calls = cost.calls, .usage = cost.usage, .charged = cost.total});
  out += fmt::format("\n- {:.1f}% of the prompt tokens were read from the cache\n",
                     cost.cached_percent());
  if (cost.all_deep > Money()) {
    out += fmt::format("- the same tokens on {}: {}\n", md_cell(cost.deep_model),
                       md_cell(cost.all_deep.to_display()));
  }
  if (cost.estimate) {
    out += fmt::format("- estimated before: {}\n", md_cell(cost.estimate->to_display()));
  }
  if (cost.unknown_calls > 0) {
    out += fmt::format("- {} without a known bill, booked at worst case: {}\n",
                       counted(cost.unknown_calls, "call", "calls"),
                       md_cell(cost.unknown.to_display()));
  }
  return out + "\n</details>\n";
}

}  // namespace baton
