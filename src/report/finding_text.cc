#include "report/finding_text.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "report/counts.h"
#include "report/json_text.h"
#include "report/layout.h"
#include "report/markdown_text.h"
#include "report/paint.h"
#include "report/sources.h"

namespace baton {
namespace {

std::string_view color_of(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return "1;31";
    case Severity::kHigh:
      return "31";
    case Severity::kMedium:
      return "33";
    case Severity::kLow:
      return "36";
    case Severity::kInfo:
      return "2";
  }
  return "0";
}

}  // namespace

std::string finding_to_terminal(const Finding& f, const TerminalStyle& style) {
  const Paint paint(style.color);
  std::string out =
      fmt::format("\n{}  {}  {}\n", paint.in(color_of(f.severity), left(to_string(f.severity), 8)),
                  paint.bold(fmt::format("{}:{}", one_line(f.file), f.line)), one_line(f.category));
  out += wrapped(f.message, style.width, 10);
  if (!f.suggestion.empty()) {
    out += hanging("          → ", f.suggestion, style.width, 12);
  }
  std::string from = "from " + one_line(f.source);
  if (f.confidence < 1) from += fmt::format(", {:.0f}% sure", f.confidence * 100);
  if (!f.source.empty()) out += paint.dim("          " + from) + '\n';
  return out;
}

std::string finding_to_markdown(const Finding& f) {
  std::string out = fmt::format("#### {}: {}\n\n", capital(to_string(f.severity)),
                                md_code(fmt::format("{}:{}", f.file, f.line)));
  out += md_prose(f.message) + "\n\n";
  if (!f.suggestion.empty()) out += "**Suggestion:** " + md_prose(f.suggestion) + "\n\n";
  std::string from = md_cell(f.category);
  if (!f.source.empty()) from += fmt::format(", from {}", md_cell(f.source));
  if (f.confidence < 1) from += fmt::format(", {:.0f}% sure", f.confidence * 100);
  return out + "<sub>" + from + "</sub>\n\n";
}

boost::json::object finding_to_json(const Finding& finding) {
  return {{"file", json_text(finding.file)},         {"line", finding.line},
          {"severity", to_string(finding.severity)}, {"category", json_text(finding.category)},
          {"message", json_text(finding.message)},   {"suggestion", json_text(finding.suggestion)},
          {"confidence", finding.confidence},        {"task", json_text(tasks_of(finding.source))},
          {"source", json_text(finding.source)}};
}

}  // namespace baton
