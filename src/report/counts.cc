#include "report/counts.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/layout.h"

namespace baton {

std::string findings_line(const std::vector<Finding>& findings) {
  if (findings.empty()) return "No findings";
  std::string by_severity;
  for (const Severity severity :
       {Severity::kCritical, Severity::kHigh, Severity::kMedium, Severity::kLow, Severity::kInfo}) {
    const auto count = std::count_if(findings.begin(), findings.end(),
                                     [&](const Finding& f) { return f.severity == severity; });
    if (count == 0) continue;
    if (!by_severity.empty()) by_severity += ", ";
    by_severity += fmt::format("{} {}", grouped(count), to_string(severity));
  }
  return fmt::format("{}: {}", counted(std::ssize(findings), "finding", "findings"), by_severity);
}

std::string dropped_line(const ReviewReport& report) {
  const bool one = report.dropped_findings == 1;
  std::string text = fmt::format("{} dropped: {} to a line that does not exist or was not reviewed",
                                 counted(report.dropped_findings, "finding was", "findings were"),
                                 one ? "it points" : "they point");
  if (!report.dropped_detail.empty()) text += fmt::format(" ({})", report.dropped_detail);
  return text + ".";
}

std::string status_words(std::string_view status) {
  std::string words(status);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string capital(std::string_view word) {
  std::string out(word);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z')
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

}  // namespace baton
