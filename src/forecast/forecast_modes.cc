#include "forecast/forecast_modes.h"

#include <fmt/format.h>

#include <set>

namespace baton {
namespace {

int changed_lines(const Change& change) {
  int lines = 0;
  for (const ChangedFile& file : change.files) {
    if (file.state == ChangedFile::State::kWhole) {
      lines += file.line_count();
      continue;
    }
    for (const Hunk& hunk : file.hunks) {
      for (const HunkLine& line : hunk.lines) lines += line.kind != HunkLine::Kind::kContext;
    }
  }
  return lines;
}

std::size_t kinds_of_file(const Change& change) {
  std::set<std::string_view> kinds;
  for (const ChangedFile& file : change.files) {
    const std::string_view path = file.path;
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const std::size_t dot = name.rfind('.');
    // A name without an end is a kind of its own: Makefile, LICENSE.
    kinds.insert(dot == std::string_view::npos ? name : name.substr(dot));
  }
  return kinds.size();
}

std::string about(const Prospect& prospect) {
  return prospect.forecast.likely.to_display();
}

}  // namespace

std::string too_much_for_one_call(const Change& change) {
  if (const int lines = changed_lines(change); lines > kDirectLines)
    return fmt::format("{} changed lines are more than {}", lines, kDirectLines);
  if (change.files.size() > kDirectFiles)
    return fmt::format("{} files are more than {}", change.files.size(), kDirectFiles);
  if (const std::size_t kinds = kinds_of_file(change); kinds > kDirectKinds)
    return fmt::format("{} kinds of file are more than one domain", kinds);
  return {};
}

std::string too_much_for_lower_effort(const Change& change) {
  if (change.files.size() > 1) return "more than one file";
  if (const int lines = changed_lines(change); lines > kLowerEffortLines)
    return fmt::format("{} changed lines are more than {}", lines, kLowerEffortLines);
  return {};
}

Choice choose_way(const Change& change, const Prospects& prospects, const std::string& mode,
                  const std::string& effort) {
  if (mode == "orchestrate")
    return {Way::kOrchestrate, {}, "plan and workers: asked for with --mode orchestrate"};
  if (mode == "direct") return {Way::kDirect, effort, "direct: asked for with --mode direct"};
  if (const std::string why = too_much_for_one_call(change); !why.empty())
    return {Way::kOrchestrate, {}, fmt::format("plan and workers: {}", why)};
  if (!prospects.direct_fits)
    return {Way::kOrchestrate, {}, "plan and workers: the change does not fit one context"};
  const Money split = prospects.orchestrate.forecast.likely;
  const bool lower = prospects.lower && effort.empty() &&
                     too_much_for_lower_effort(change).empty() &&
                     prospects.lower->forecast.likely < prospects.direct.forecast.likely;
  const Prospect& alone = lower ? *prospects.lower : prospects.direct;
  if (alone.forecast.likely < split) {
    return {
        Way::kDirect, lower ? prospects.lower_effort : effort,
        fmt::format("direct: one call{} at about {} is cheaper than plan and workers at about {}",
                    lower ? fmt::format(" with {} effort", prospects.lower_effort) : "",
                    about(alone), about(prospects.orchestrate))};
  }
  return {Way::kOrchestrate,
          {},
          fmt::format("plan and workers at about {} are not dearer than one call at about {}",
                      about(prospects.orchestrate), about(alone))};
}

const Prospect& chosen(const Prospects& prospects, const Choice& choice) {
  if (choice.way == Way::kOrchestrate) return prospects.orchestrate;
  const bool lower =
      prospects.lower && !choice.effort.empty() && choice.effort == prospects.lower_effort;
  return lower ? *prospects.lower : prospects.direct;
}

}  // namespace baton
