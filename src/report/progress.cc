#include "report/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/layout.h"

namespace baton {
namespace {

struct Part {
  int worth = 0;  // the part of least worth goes first when it is narrow
  std::string text;
};

std::string tasks_text(const Progress& p) {
  if (p.planned == 0) return p.plan_open ? "planning" : "no tasks";
  return fmt::format("{}/{}{} {}", grouped(p.done + p.skipped), grouped(p.planned),
                     p.plan_open ? "+" : "", p.planned == 1 && !p.plan_open ? "task" : "tasks");
}

std::string money_text(const Progress& p) {
  std::string text = p.spent.to_display();
  if (p.budget) text += " of " + p.budget->to_display();
  return text;
}

std::vector<Part> parts_of(const Progress& p) {
  std::vector<Part> parts{{9, tasks_text(p)}};
  if (p.running > 0) parts.push_back({6, fmt::format("{} running", grouped(p.running))});
  if (p.waiting > 0) parts.push_back({2, fmt::format("{} waiting", grouped(p.waiting))});
  if (p.skipped > 0) parts.push_back({7, fmt::format("{} skipped", grouped(p.skipped))});
  parts.push_back({8, money_text(p)});
  if (p.held > Money()) parts.push_back({1, p.held.to_display() + " held"});
  if (p.cached_percent > 0) parts.push_back({3, fmt::format("cache {:.0f}%", p.cached_percent)});
  parts.push_back({5, duration_text(p.elapsed)});
  if (!p.note.empty()) parts.push_back({4, one_line(p.note)});
  return parts;
}

std::string line_of(const std::vector<Part>& parts) {
  std::string line = "  ";
  for (const Part& part : parts) {
    if (&part != &parts.front()) line += " · ";
    line += part.text;
  }
  return line;
}

}  // namespace

std::string progress_line(const Progress& progress, int width) {
  std::vector<Part> parts = parts_of(progress);
  std::string line = line_of(parts);
  while (columns_of(line) > width && parts.size() > 1) {
    parts.erase(std::min_element(parts.begin(), parts.end(),
                                 [](const Part& a, const Part& b) { return a.worth < b.worth; }));
    line = line_of(parts);
  }
  // What is left is plain ASCII: the number of tasks.
  return line.substr(0, static_cast<std::size_t>(std::max(width, 0)));
}

}  // namespace baton
