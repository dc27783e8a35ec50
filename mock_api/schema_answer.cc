#include "mock_api/schema_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <map>
#include <set>

#include "base/chance.h"
#include "base/json_fields.h"
#include "mock_api/facts.h"
#include "mock_api/sample_text.h"
#include "mock_api/schema.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxValues = 500'000;
constexpr int kMaxDepth = 200;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}
bool names_file(std::string_view name) {
  return is_one_of(name, {"file", "path", "file_path", "filename"});
}
bool names_task_type(std::string_view name) {
  return is_one_of(name, {"type", "task_type"});
}

// What the object being written is about, so that its properties agree with each other.
struct Subject {
  const FileFacts* file = nullptr;
  std::string_view type;
  std::size_t item = 0;  // its index in the nearest array of objects
  int first_line = 1;
  int last_line = 1;
};

class Writer {
 public:
  Writer(const json::value& root, const Prompt& prompt, const AnswerOptions& options)
      : root_(root),
        facts_(facts_of(prompt.question)),
        findings_(findings_of(prompt.question)),
        options_(options) {
    if (facts_.files.empty()) facts_.files = facts_of(prompt.background).files;
    if (facts_.task_types.empty()) facts_.task_types = task_types_of(prompt.background);
  }

  json::value write() {
    Subject subject;
    turn_to(subject, 0);
    return value(root_, "", subject);
  }

 private:
  std::uint64_t chance() { return mix(options_.seed, drawn_++); }
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(chance() % count); }

  // Item i of a list takes file i and type i, around and around, from a place the seed chooses.
  void turn_to(Subject& subject, std::size_t item) {
    subject.item = item;
    const std::size_t at = item + static_cast<std::size_t>(mix(options_.seed, 77) % 64);
    if (!facts_.files.empty()) subject.file = &facts_.files[at % facts_.files.size()];
    if (!facts_.task_types.empty()) subject.type = facts_.task_types[at % facts_.task_types.size()];
    choose_lines(subject);
  }

  // One unbroken stretch of the lines shown.
  void choose_lines(Subject& subject) {
    subject.first_line = subject.last_line = 1;
    if (subject.file == nullptr || subject.file->best().empty()) return;
    const std::vector<int>& lines = subject.file->best();
    const std::size_t middle = below(lines.size());
    std::size_t first = middle;
    std::size_t last = middle;
    while (first > 0 && lines[first - 1] == lines[first] - 1) --first;
    while (last + 1 < lines.size() && lines[last + 1] == lines[last] + 1) ++last;
    subject.first_line = lines[first];
    subject.last_line = lines[last];
  }

  json::value value(const json::value& schema_value, std::string_view name, Subject& subject) {
    // A tool's schema may speak of itself without end; it gets an answer that does not fit.
    if (depth_ > kMaxDepth || written_ > 2 * kMaxValues) return nullptr;
    ++depth_;
    json::value made = value_within(schema_value, name, subject);
    --depth_;
    return made;
  }

  json::value value_within(const json::value& schema_value, std::string_view name,
                           Subject& subject) {
    ++written_;
    const json::object* schema = schema_value.if_object();
    if (schema == nullptr) return nullptr;
    if (schema->contains("$ref")) {
      const json::value* target = resolve_reference(root_, text_at(*schema, "$ref"));
      return target == nullptr ? json::value(nullptr) : value(*target, name, subject);
    }
    if (const json::value* constant = schema->if_contains("const")) return *constant;
    if (const json::array* values = array_at(*schema, "enum"); values && !values->empty()) {
      return one_of(*values, name, subject);
    }
    for (const char* either : {"anyOf", "oneOf"}) {
      if (const json::array* parts = array_at(*schema, either); parts && !parts->empty()) {
        return value((*parts)[0], name, subject);
      }
    }
    if (const json::array* parts = array_at(*schema, "allOf"); parts && !parts->empty()) {
      return value(merged(*schema, *parts), name, subject);
    }
    return of_type(*schema, type_of(*schema), name, subject);
  }

  // The parts of an allOf, as one schema.
  static json::value merged(const json::object& schema, const json::array& parts) {
    json::object whole = schema;
    whole.erase("allOf");
    json::object properties;
    if (const json::object* own = object_at(schema, "properties")) properties = *own;
    for (const json::value& part : parts) {
      if (!part.is_object()) continue;
      for (const auto& [key, member] : part.get_object()) {
        if (key != "properties") whole.insert_or_assign(key, member);
      }
      if (const json::object* more = object_at(part.get_object(), "properties")) {
        for (const auto& [key, member] : *more) properties.insert_or_assign(key, member);
      }
    }
    if (!properties.empty()) whole["properties"] = properties;
    return whole;
  }

  static std::string_view type_of(const json::object& schema) {
    const std::string_view type = text_at(schema, "type");
    if (!type.empty()) return type;
    const json::array* types = array_at(schema, "type");
    if (types != nullptr && !types->empty() && (*types)[0].is_string()) {
      return (*types)[0].get_string();
    }
    if (schema.contains("properties")) return "object";
    return schema.contains("items") ? "array" : "string";
  }

  json::value one_of(const json::array& values, std::string_view name, const Subject& subject) {
    if (names_task_type(name) || name == "category") {
      for (const json::value& value : values) {
        if (value.is_string() && std::string_view(value.get_string()) == subject.type) return value;
      }
      return values[subject.item % values.size()];
    }
    return values[below(values.size())];
  }

  json::value of_type(const json::object& schema, std::string_view type, std::string_view name,
                      Subject& subject) {
    if (type == "object") return object(schema, subject);
    if (type == "array") return array(schema, name, subject);
    if (type == "integer") return integer(schema, name, subject);
    if (type == "boolean") return chance() % 4 != 0;
    if (type == "number") return within(schema, static_cast<double>(50 + below(50)) / 100.0);
    if (type == "null") return nullptr;
    return json::string(of_length(schema, text(schema, name, subject)));
  }

  // Bounds, which a tool's schema may set and structured output does not know.
  static double within(const json::object& schema, double number) {
    const auto bound = [&schema](const char* name, double otherwise) {
      const json::value* value = schema.if_contains(name);
      return value != nullptr && value->is_number() ? value->to_number<double>() : otherwise;
    };
    number = std::max(number, bound("minimum", number));
    number = std::min(number, bound("maximum", number));
    if (number <= bound("exclusiveMinimum", number - 1)) {
      number = bound("exclusiveMinimum", number) + 1;
    }
    if (number >= bound("exclusiveMaximum", number + 1)) {
      number = bound("exclusiveMaximum", number) - 1;
    }
    return number;
  }

  static std::string of_length(const json::object& schema, std::string text) {
    constexpr std::int64_t kLongest = 1'000'000;
    const auto least = std::min(integer_at(schema, "minLength").value_or(0), kLongest);
    const auto most = integer_at(schema, "maxLength").value_or(kLongest);
    const auto length = static_cast<std::int64_t>(text.size());
    if (length < least) text.resize(static_cast<std::size_t>(least), '.');
    if (length > most && most >= 0) text.resize(static_cast<std::size_t>(most));
    return text;
  }

  // Required properties first, as the API emits them.
  json::value object(const json::object& schema, Subject& subject) {
    json::object out;
    const json::object* properties = object_at(schema, "properties");
    if (properties == nullptr) return out;
    std::set<std::string_view> required;
    if (const json::array* names = array_at(schema, "required")) {
      for (const json::value& name : *names) {
        if (name.is_string()) required.insert(name.get_string());
      }
    }
    for (const bool now_required : {true, false}) {
      for (const auto& [name, property] : *properties) {
        if (required.contains(name) == now_required) out[name] = value(property, name, subject);
      }
    }
    return out;
  }

  json::value array(const json::object& schema, std::string_view name, const Subject& subject) {
    const json::value* items = schema.if_contains("items");
    json::array out;
    if (items == nullptr) return out;
    if (name == "depends_on") return dependencies(subject);
    if (lists_findings(*items, name)) return known_findings(*items);
    const bool may_be_empty = integer_at(schema, "minItems").value_or(0) == 0;
    if (may_be_empty && (name == "dismissed" || name == "same_as")) return out;
    const std::size_t least = least_items(schema);
    const std::size_t count = count_of(schema, *items, name);
    std::set<std::string> seen;
    for (std::size_t i = 0; i < count; ++i) {
      Subject own = subject;
      if (is_object_schema(*items) && name != "files") turn_to(own, i);
      if (name == "files" || name == "findings") another_look(own, i);
      json::value item = value(*items, singular(name), own);
      const bool is_new = seen.insert(json::serialize(item)).second;
      if (is_new || out.size() < least) out.push_back(std::move(item));
    }
    return out;
  }

  bool is_object_schema(const json::value& items) const {
    const json::object* schema = items.if_object();
    if (schema != nullptr && schema->contains("$ref")) {
      const json::value* target = resolve_reference(root_, text_at(*schema, "$ref"));
      schema = target == nullptr ? nullptr : target->if_object();
    }
    return schema != nullptr && type_of(*schema) == "object";
  }

  static std::size_t least_items(const json::object& schema) {
    const std::int64_t asked = integer_at(schema, "minItems").value_or(0);
    return static_cast<std::size_t>(std::clamp<std::int64_t>(asked, 0, 1'000));
  }

  std::size_t count_of(const json::object& schema, const json::value& items,
                       std::string_view name) {
    const std::size_t least = least_items(schema);
    if (written_ > kMaxValues) return least;  // lists in lists in lists
    if (name == "tasks" && options_.plan_tasks > 0) {
      return static_cast<std::size_t>(options_.plan_tasks);
    }
    if (name == "tasks") return 4 + below(9);
    if (name == "findings") return std::max(least, facts_.files.empty() ? 0 : below(4));
    if (name == "files") return 1 + (facts_.files.size() > 1 ? below(2) : 0);
    if (name == "acceptance") return 2;
    return std::max(least, is_object_schema(items) ? 1 + below(3) : 1 + below(2));
  }

  // The next file in a list of files of one subject, and a stretch of it of its own.
  void another_look(Subject& subject, std::size_t step) {
    if (facts_.files.empty() || subject.file == nullptr) return;
    if (step > 0) {
      const auto at = static_cast<std::size_t>(subject.file - facts_.files.data());
      subject.file = &facts_.files[(at + step) % facts_.files.size()];
    }
    choose_lines(subject);
  }

  json::array dependencies(const Subject& subject) {
    json::array ids;
    // A forced plan is a fan-out, for measuring; another has a task waiting here and there.
    const bool waits = options_.plan_tasks == 0 && subject.item >= 3 && below(4) == 0;
    if (waits) ids.emplace_back(fmt::format("t{}", 1 + below(subject.item)));
    return ids;
  }

  const json::object* properties_of(const json::value& items) const {
    const json::object* schema = items.if_object();
    if (schema != nullptr && schema->contains("$ref")) {
      const json::value* target = resolve_reference(root_, text_at(*schema, "$ref"));
      schema = target == nullptr ? nullptr : target->if_object();
    }
    return schema == nullptr ? nullptr : object_at(*schema, "properties");
  }

  // Whether a list of the answer takes up the findings of the prompt: whole, or by their ids.
  bool lists_findings(const json::value& items, std::string_view name) const {
    if (findings_.empty() || name == "tasks" || name == "dismissed") return false;
    const json::object* properties = properties_of(items);
    if (properties == nullptr) return false;
    return name == "findings" ||
           (properties->contains("id") && findings_[0].get_object().contains("id"));
  }

  // The findings of the prompt, each brought into the form the schema asks for. Where that form has
  // `same_as`, findings on one line are one.
  json::array known_findings(const json::value& items) {
    json::array out;
    const json::object* properties = properties_of(items);
    if (properties == nullptr) return out;
    const bool merges = properties->contains("same_as");
    std::map<std::string, std::size_t> by_place;  // index in `out`
    for (std::size_t i = 0; i < findings_.size(); ++i) {
      const json::object& known = findings_[i].get_object();
      const std::string place =
          fmt::format("{}\n{}", text_at(known, "file"), integer_at(known, "line").value_or(0));
      const auto [first, is_first] = by_place.emplace(place, out.size());
      if (merges && !is_first) {
        json::array* same_as = out[first->second].as_object()["same_as"].if_array();
        if (same_as != nullptr) same_as->emplace_back(json::string(text_at(known, "id")));
        continue;
      }
      out.emplace_back(known_finding(known, *properties, i));
    }
    return out;
  }

  json::object known_finding(const json::object& known, const json::object& properties,
                             std::size_t index) {
    Subject subject;
    turn_to(subject, index);
    json::object finding;
    for (const auto& [name, property] : properties) {
      const json::value* own = known.if_contains(name);
      finding[name] =
          own != nullptr && fits(root_, property, *own) ? *own : value(property, name, subject);
    }
    return finding;
  }

  static std::int64_t whole_within(const json::object& schema, std::int64_t number) {
    constexpr double kExact = 9e15;  // beyond it, not every whole number is a double
    const double bounded = within(schema, static_cast<double>(number));
    return static_cast<std::int64_t>(std::ceil(std::clamp(bounded, -kExact, kExact)));
  }

  json::value integer(const json::object& schema, std::string_view name, const Subject& subject) {
    if (name == "first_line" || name == "start_line") return subject.first_line;
    if (name == "last_line" || name == "end_line") return subject.last_line;
    if (name == "line") {
      const auto span = static_cast<std::size_t>(subject.last_line - subject.first_line) + 1;
      return subject.first_line + static_cast<int>(below(span));
    }
    return whole_within(schema, static_cast<std::int64_t>(below(100)));
  }

  std::string text(const json::object& schema, std::string_view name, const Subject& subject) {
    const std::string_view format = text_at(schema, "format");
    if (!format.empty()) return std::string(text_of_format(format));
    if (schema.contains("pattern")) {
      return text_matching(text_at(schema, "pattern"), chance());
    }
    if (names_file(name)) return subject.file ? subject.file->path : "unknown";
    if (names_task_type(name) || name == "category") {
      return std::string(subject.type.empty() ? "general" : subject.type);
    }
    if (name == "id") return fmt::format("t{}", subject.item + 1);
    const Saying saying{.file = subject.file ? std::string_view(subject.file->path) : "the change",
                        .type = subject.type.empty() ? "review" : subject.type,
                        .first_line = subject.first_line,
                        .last_line = subject.last_line,
                        .item = subject.item + 1,
                        .findings = findings_.size()};
    return sentence_for(name, saying, chance());
  }

  static std::string_view singular(std::string_view name) {
    if (name == "files" || name == "paths") return "file";
    return name;
  }

  const json::value& root_;
  Facts facts_;
  json::array findings_;
  AnswerOptions options_;
  std::uint64_t drawn_ = 1000;
  std::size_t written_ = 0;
  int depth_ = 0;
};

}  // namespace

json::value answer_for(const json::value& schema, const Prompt& prompt,
                       const AnswerOptions& options) {
  return Writer(schema, prompt, options).write();
}

}  // namespace baton::mock_api
