#include "workflow/synthesis.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <map>
#include <optional>

#include "base/json_fields.h"
#include "base/text.h"

namespace baton {
namespace json = boost::json;
namespace {

constexpr std::size_t kLongestReason = 300;

std::optional<std::size_t> index_of(std::string_view id, std::size_t count) {
  if (id.size() < 2 || id.front() != 'f') return std::nullopt;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(id.data() + 1, id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size() || number < 1 || number > count)
    return std::nullopt;
  return number - 1;
}

// The findings dismissed, with the first reason given for each.
std::map<std::size_t, std::string> dismissed_of(const Synthesis& synthesis, std::size_t count) {
  std::map<std::size_t, std::string> dismissed;
  for (const Synthesis::Dismissed& entry : synthesis.dismissed) {
    if (const auto index = index_of(entry.id, count)) dismissed.emplace(*index, entry.reason);
  }
  return dismissed;
}

void merge_into(Finding& kept, const Finding& same) {
  if (kept.source.find(same.source) == std::string::npos) kept.source += ", " + same.source;
  if (kept.suggestion.empty()) kept.suggestion = same.suggestion;
}

}  // namespace

std::string finding_id(std::size_t index) {
  return fmt::format("f{}", index + 1);
}

Result<Synthesis> read_synthesis(std::string_view answer) {
  const Result<json::object> object = parse_object(answer, "the answer");
  if (!object) return object.error();
  Synthesis synthesis;
  synthesis.summary = text_at(*object, "summary");
  each_object_at(*object, "ranking", [&](const json::object& item) {
    synthesis.ranking.push_back({std::string(text_at(item, "id")), texts_at(item, "same_as"),
                                 severity_from(text_at(item, "severity"))});
  });
  each_object_at(*object, "dismissed", [&](const json::object& item) {
    synthesis.dismissed.push_back(
        {std::string(text_at(item, "id")), shorten(text_at(item, "reason"), kLongestReason)});
  });
  return synthesis;
}

std::vector<Finding> ranked(const Synthesis& synthesis, const std::vector<Finding>& all) {
  std::vector<bool> placed(all.size());
  for (const auto& [index, reason] : dismissed_of(synthesis, all.size())) placed[index] = true;
  std::vector<Finding> report;
  for (const Synthesis::Ranked& entry : synthesis.ranking) {
    const auto index = index_of(entry.id, all.size());
    if (!index || placed[*index]) continue;
    placed[*index] = true;
    Finding finding = all[*index];
    finding.severity = entry.severity.value_or(finding.severity);
    for (const std::string& same : entry.same_as) {
      const auto other = index_of(same, all.size());
      if (!other || placed[*other]) continue;
      placed[*other] = true;
      merge_into(finding, all[*other]);
      if (!entry.severity) finding.severity = std::max(finding.severity, all[*other].severity);
    }
    report.push_back(std::move(finding));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!placed[i]) report.push_back(all[i]);
  }
  return report;
}

std::vector<std::string> dismissals(const Synthesis& synthesis, const std::vector<Finding>& all) {
  std::vector<std::string> lines;
  for (const auto& [index, reason] : dismissed_of(synthesis, all.size())) {
    lines.push_back(fmt::format("dismissed: {}:{} {} ({})", all[index].file, all[index].line,
                                all[index].message, reason));
  }
  return lines;
}

}  // namespace baton
