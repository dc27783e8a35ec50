#include "workflow/plan_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"

namespace baton {
namespace json = boost::json;
namespace {

constexpr int kLastLine = 100'000'000;

int line_at(const json::object& object, std::string_view name) {
  const std::int64_t number = integer_at(object, name).value_or(0);
  return static_cast<int>(std::clamp<std::int64_t>(number, 0, kLastLine));
}

}  // namespace

std::string short_text_at(JsonFields fields, std::string_view key, std::size_t longest) {
  return shorten(text_at(fields, key), longest);
}

std::vector<std::string> short_texts_at(JsonFields fields, std::string_view key,
                                        std::size_t longest) {
  std::vector<std::string> texts = texts_at(fields, key);
  for (std::string& text : texts) text = shorten(text, longest);
  return texts;
}

std::vector<FilePart> file_parts_at(JsonFields fields, std::string_view key, std::size_t most) {
  std::vector<FilePart> parts;
  each_object_at(fields, key, [&](const json::object& item) {
    if (parts.size() == most) return;
    FilePart part;
    part.path = short_text_at(item, "path");
    part.lines = {line_at(item, "first_line"), line_at(item, "last_line")};
    part.whole = part.lines.last < 1;
    if (part.whole) part.lines = {1, 1};
    parts.push_back(std::move(part));
  });
  return parts;
}

json::array write_file_parts(const std::vector<FilePart>& parts) {
  json::array files;
  for (const FilePart& part : parts) {
    files.push_back(json::object{{"path", part.path},
                                 {"first_line", part.whole ? 0 : part.lines.first},
                                 {"last_line", part.whole ? 0 : part.lines.last}});
  }
  return files;
}

json::array array_of(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

std::string said_of_long_plan(int tasks, int most) {
  return fmt::format("the plan has {} tasks; those beyond {} are left out (--max-tasks)", tasks,
                     most);
}

}  // namespace baton
