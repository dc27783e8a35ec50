#include "change/finding.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/ascii.h"
#include "base/text.h"
#include "base/words.h"

namespace baton {
namespace {

namespace json = boost::json;

// Letter case and the amount of space do not make two messages different.
std::string normalised(std::string_view message) {
  std::string out;
  bool gap = false;
  for (const char c : message) {
    if (is_space(c)) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += lower(c);
  }
  return out;
}

Error wrong_field(std::size_t index, std::string_view field, std::string_view expected) {
  return input_error(fmt::format("finding {}: field '{}' is not {}; the answer cannot be used",
                                 index + 1, field, expected));
}

// Reads the fields of one element; the first thing wrong is kept, and reading goes on harmlessly.
class FieldReader {
 public:
  FieldReader(const json::object& object, std::size_t index) : object_(object), index_(index) {}

  std::string text(std::string_view field) {
    const json::value* value = object_.if_contains(field);
    if (value == nullptr || !value->is_string()) return fail(field, "a string"), std::string();
    return std::string(value->get_string());
  }

  std::string text_or_empty(std::string_view field) {
    const json::value* value = object_.if_contains(field);
    return value == nullptr || value->is_null() ? std::string() : text(field);
  }

  // A number no file can have a line at is kept as one, for sift() to count.
  int line_number(std::string_view field) {
    const json::value* value = object_.if_contains(field);
    if (value == nullptr || !value->is_number()) return fail(field, "a whole number"), 0;
    const double number = value->to_number<double>();
    if (number != std::floor(number)) return fail(field, "a whole number"), 0;
    constexpr double kMost = std::numeric_limits<int>::max();
    return static_cast<int>(std::clamp(number, 0.0, kMost));
  }

  Severity severity(std::string_view field) {
    const std::string word = text(field);
    const std::optional<Severity> known = severity_from(word);
    if (!known) {
      fail(field, fmt::format("a known severity ('{}' was given; known: info, low, medium, high, "
                              "critical)",
                              shorten(word, 40)));
    }
    return known.value_or(Severity::kInfo);
  }

  double confidence(std::string_view field) {
    const json::value* value = object_.if_contains(field);
    if (value == nullptr || value->is_null()) return 1.0;
    if (!value->is_number()) return fail(field, "a number"), 0.0;
    return std::clamp(value->to_number<double>(), 0.0, 1.0);
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  void fail(std::string_view field, std::string_view expected) {
    if (!error_) error_ = wrong_field(index_, field, expected);
  }

  const json::object& object_;
  std::size_t index_;
  std::optional<Error> error_;
};

Result<Finding> read_finding(const json::value& element, std::size_t index) {
  if (!element.is_object()) {
    return input_error(
        fmt::format("finding {}: not an object; the answer cannot be used", index + 1));
  }
  FieldReader fields(element.get_object(), index);
  Finding finding;
  finding.file = fields.text("file");
  finding.line = fields.line_number("line");
  finding.severity = fields.severity("severity");
  finding.category = fields.text("category");
  finding.message = fields.text("message");
  finding.suggestion = fields.text_or_empty("suggestion");
  finding.confidence = fields.confidence("confidence");
  if (fields.error()) return *fields.error();
  return finding;
}

auto report_order(const Finding& f) {
  return std::make_tuple(-static_cast<int>(f.severity), std::string_view(f.file), f.line,
                         std::string_view(f.category), std::string_view(f.message),
                         std::string_view(f.source));
}

// "t3 (pylint)": a checker's category is its task type; a model's is in its own words, and two that
// share one may still speak of two things.
bool is_checkers(std::string_view source) {
  return source.ends_with(')');
}

// Findings that were kept so far, found again by what makes another one a duplicate of them.
class Merger {
 public:
  void add(Finding finding) {
    const std::size_t place = place_of(finding);
    if (place == kept_.size()) {
      std::set<std::string> sources{finding.source};
      kept_.push_back({std::move(finding), std::move(sources)});
      return;
    }
    Finding& kept = kept_[place].finding;
    // Findings arrive most severe first, so `kept` already has the severity and the message.
    if (kept.suggestion.empty()) kept.suggestion = std::move(finding.suggestion);
    kept.confidence = std::max(kept.confidence, finding.confidence);
    kept_[place].sources.insert(std::move(finding.source));
  }

  std::vector<Finding> result() && {
    std::vector<Finding> findings;
    for (Kept& kept : kept_) {
      kept.sources.erase("");
      kept.finding.source = fmt::format("{}", fmt::join(kept.sources, ", "));
      findings.push_back(std::move(kept.finding));
    }
    return findings;
  }

 private:
  struct Kept {
    Finding finding;
    std::set<std::string> sources;
  };

  // A line of a file, and what is said of it.
  static std::string key(const Finding& f, std::string_view said) {
    return fmt::format("{}\n{}\n{}", f.file, f.line, said);
  }

  // Where in kept_ the finding belongs: with its twin, or at the end.
  std::size_t place_of(const Finding& finding) {
    const auto [same_message, is_new] =
        by_message_.try_emplace(key(finding, normalised(finding.message)), kept_.size());
    if (!is_new) return same_message->second;
    std::vector<std::size_t>& same_category = by_category_[key(finding, finding.category)];
    for (const std::size_t place : same_category) {
      const Kept& kept = kept_[place];
      const bool by_checker = is_checkers(finding.source) || is_checkers(kept.finding.source);
      if (!by_checker || kept.sources.contains(finding.source)) continue;
      by_message_.erase(same_message);  // its message is not the one that is kept
      return place;
    }
    same_category.push_back(kept_.size());
    return kept_.size();
  }

  std::vector<Kept> kept_;
  std::unordered_map<std::string, std::size_t> by_message_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_category_;
};

// Only what we wrote ourselves is asked who said it.
std::string source_of(const json::value& finding) {
  const json::value* source = finding.get_object().if_contains("source");
  return source != nullptr && source->is_string() ? std::string(source->get_string())
                                                  : std::string();
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kLow:
      return "low";
    case Severity::kMedium:
      return "medium";
    case Severity::kHigh:
      return "high";
    case Severity::kCritical:
      return "critical";
  }
  return {};
}

std::optional<Severity> severity_from(std::string_view name) {
  std::string word(name);
  std::transform(word.begin(), word.end(), word.begin(), lower);
  return value_named<Severity>(word);
}

std::string write_findings(const std::vector<Finding>& findings) {
  json::array array;
  for (const Finding& f : findings) {
    array.push_back(json::object{{"file", to_utf8(f.file)},
                                 {"line", f.line},
                                 {"severity", to_string(f.severity)},
                                 {"category", to_utf8(f.category)},
                                 {"message", to_utf8(f.message)},
                                 {"suggestion", to_utf8(f.suggestion)},
                                 {"confidence", f.confidence},
                                 {"source", to_utf8(f.source)}});
  }
  return json::serialize(array);
}

Result<std::vector<Finding>> read_findings(std::string_view text,
                                           std::optional<std::string_view> given) {
  const std::string bytes = to_utf8(text);
  json::error_code failed;
  const json::value document = json::parse(bytes, failed);
  if (failed) {
    return input_error(fmt::format("findings of {}: not JSON ({}); the answer cannot be used",
                                   given.value_or("checkers"), failed.message()));
  }
  return read_findings(document, given);
}

Result<std::vector<Finding>> read_findings(const json::value& array,
                                           std::optional<std::string_view> given) {
  const std::string_view source = given.value_or("checkers");
  if (!array.is_array()) {
    return input_error(fmt::format(
        "findings of {}: expected an array of findings; the answer cannot be used", source));
  }
  std::vector<Finding> findings;
  for (const json::value& element : array.get_array()) {
    Result<Finding> finding = read_finding(element, findings.size());
    if (!finding) {
      return input_error(fmt::format("findings of {}: {}", source, finding.error().message));
    }
    finding->source = given ? std::string(*given) : source_of(element);
    findings.push_back(*std::move(finding));
  }
  return findings;
}

Sifted sift(const Change& change, std::vector<Finding> findings) {
  std::map<std::string, std::vector<LineRange>> reviewed;
  Sifted sifted;
  for (Finding& finding : findings) {
    const ChangedFile* file = change.find(finding.file);
    if (file == nullptr) {
      ++sifted.no_such_file;
      continue;
    }
    if (finding.line < 1 || finding.line > file->line_count()) {
      ++sifted.no_such_line;
      continue;
    }
    auto [entry, is_new] = reviewed.try_emplace(finding.file);
    if (is_new) entry->second = file->reviewed();
    if (!covers(entry->second, finding.line)) {
      ++sifted.not_reviewed;
      continue;
    }
    sifted.kept.push_back(std::move(finding));
  }
  return sifted;
}

std::vector<Finding> merge_findings(std::vector<Finding> findings) {
  std::vector<Finding*> ordered;  // to swap two findings is to swap five strings
  ordered.reserve(findings.size());
  for (Finding& finding : findings) ordered.push_back(&finding);
  std::sort(ordered.begin(), ordered.end(),
            [](const Finding* a, const Finding* b) { return report_order(*a) < report_order(*b); });
  Merger merger;
  for (Finding* finding : ordered) merger.add(std::move(*finding));
  return std::move(merger).result();
}

}  // namespace baton
