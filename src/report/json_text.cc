#include "report/json_text.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/json_string.h"
#include "base/text.h"

namespace baton {
namespace {

namespace json = boost::json;

void write(std::string& out, const json::value& value, int depth);

void new_line(std::string& out, int depth) {
  out += '\n';
  out.append(static_cast<std::size_t>(depth) * 2, ' ');
}

void write_object(std::string& out, const json::object& object, int depth) {
  if (object.empty()) {
    out += "{}";
    return;
  }
  out += '{';
  bool first = true;
  for (const auto& [key, value] : object) {
    if (!first) out += ',';
    first = false;
    new_line(out, depth + 1);
    append_json_string(out, key);
    out += ": ";
    write(out, value, depth + 1);
  }
  new_line(out, depth);
  out += '}';
}

void write_array(std::string& out, const json::array& array, int depth) {
  if (array.empty()) {
    out += "[]";
    return;
  }
  out += '[';
  bool first = true;
  for (const json::value& value : array) {
    if (!first) out += ',';
    first = false;
    new_line(out, depth + 1);
    write(out, value, depth + 1);
  }
  new_line(out, depth);
  out += ']';
}

void write(std::string& out, const json::value& value, int depth) {
  if (const json::object* object = value.if_object()) {
    write_object(out, *object, depth);
  } else if (const json::array* array = value.if_array()) {
    write_array(out, *array, depth);
  } else if (const json::string* text = value.if_string()) {
    append_json_string(out, *text);
  } else if (const double* number = value.if_double()) {
    out += fmt::format("{}", *number);  // Boost writes 63.8 as 6.38E1
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string pretty_json(const json::value& value) {
  std::string out;
  write(out, value, 0);
  out += '\n';
  return out;
}

json::value json_text(std::string_view text) {
  return json::string(to_utf8(text));
}

json::value json_text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json_text(text);
}

json::array json_texts(const std::vector<std::string>& texts) {
  json::array array;
  array.reserve(texts.size());
  for (const std::string& text : texts) array.push_back(json_text(text));
  return array;
}

json::value json_dollars(Money money) {
  return json::string(money.to_string());
}

json::value json_dollars_or_null(const std::optional<Money>& money) {
  return money ? json_dollars(*money) : json::value(nullptr);
}

}  // namespace baton
