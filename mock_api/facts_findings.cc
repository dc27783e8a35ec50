// Findings listed as JSON in a prompt.
#include <boost/json.hpp>
#include <unordered_set>

#include "base/json_fields.h"
#include "mock_api/facts.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFindings = 20'000;
constexpr int kMaxDepth = 64;
// Text that is full of unmatched braces is given up on, not searched for ever.
constexpr std::size_t kMaxScanned = 64u << 20;

// Where the bracket at `begin` closes, strings respected; npos if it does not.
std::size_t closing(std::string_view text, std::size_t begin) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t at = begin; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return std::string_view::npos;
}

class Collector {
 public:
  void visit(const json::value& value, int depth) {
    if (depth > kMaxDepth) return;
    if (const json::array* items = value.if_array()) {
      for (const json::value& item : *items) visit(item, depth + 1);
      return;
    }
    const json::object* object = value.if_object();
    if (object == nullptr) return;
    const std::optional<std::int64_t> line = integer_at(*object, "line");
    const std::string_view file = text_at(*object, "file");
    if (line && !file.empty() && object->contains("message")) return keep(*object, file, *line);
    for (const auto& [name, member] : *object) visit(member, depth + 1);
  }

  json::array take() { return std::move(found_); }

 private:
  void keep(const json::object& finding, std::string_view file, std::int64_t line) {
    std::string key(text_at(finding, "id"));
    if (key.empty()) {
      key = std::string(file) + '\n' + std::to_string(line) + '\n';
      key += text_at(finding, "message");
    }
    if (found_.size() < kMaxFindings && seen_.insert(std::move(key)).second) {
      found_.push_back(finding);
    }
  }

  json::array found_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

json::array findings_of(std::string_view text) {
  Collector collector;
  if (text.find("\"message\"") == text.npos || text.find("\"line\"") == text.npos) return {};
  std::size_t scanned = 0;
  for (std::size_t at = text.find('{'); at != text.npos && scanned < kMaxScanned;) {
    const std::size_t end = closing(text, at);
    scanned += (end == text.npos ? text.size() : end) - at;
    std::size_t next = at + 1;
    if (end != text.npos) {
      const std::string_view object = text.substr(at, end - at + 1);
      json::error_code failed;
      const json::value value =
          json::parse({object.data(), object.size()}, failed, {}, {.max_depth = kMaxDepth});
      if (!failed) {
        collector.visit(value, 0);
        next = end + 1;
      }
    }
    at = text.find('{', next);
  }
  return collector.take();
}

}  // namespace baton::mock_api
