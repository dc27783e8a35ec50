#include <fmt/format.h>
#include <toml++/toml.h>

#include <boost/json.hpp>

#include "base/check.h"
#include "base/embedded.h"
#include "base/json_fields.h"
#include "workflow/review.h"

namespace baton {
namespace {

constexpr std::string_view kFile = "workflows/review.toml";

// Sets what the file gives of a part; the rest stays as it is.
Status read_part(const toml::table& table, std::string_view part_name, std::string_view file,
                 ReviewWords::Part& part) {
  const toml::node* node = table.get(part_name);
  if (node == nullptr) return {};
  if (!node->is_table()) return input_error(fmt::format("{}: {} is not a table", file, part_name));
  for (const auto& [key, text] :
       {std::pair{"system", &part.system}, std::pair{"schema", &part.schema}}) {
    const toml::node* value = node->as_table()->get(key);
    if (value == nullptr) continue;
    if (!value->is_string()) {
      return input_error(fmt::format("{}:{}: {}.{} is not a text", file, value->source().begin.line,
                                     part_name, key));
    }
    *text = value->as_string()->get();
    // It is put into requests as it is.
    if (text == &part.schema && !parse_object(*text, part_name)) {
      return input_error(fmt::format("{}:{}: {}.schema is not a JSON object", file,
                                     value->source().begin.line, part_name));
    }
  }
  return {};
}

Result<ReviewWords> read_over(ReviewWords words, std::string_view toml, std::string_view file) {
  toml::table table;
  try {
    table = toml::parse(toml, file);
  } catch (const toml::parse_error& error) {
    return input_error(
        fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
  if (Status s = read_part(table, "plan", file, words.plan); !s) return s.error();
  if (Status s = read_part(table, "work", file, words.work); !s) return s.error();
  if (Status s = read_part(table, "direct", file, words.direct); !s) return s.error();
  if (Status s = read_part(table, "report", file, words.report); !s) return s.error();
  return words;
}

}  // namespace

Result<ReviewWords> ReviewWords::laid_over_builtin(std::string_view toml, std::string_view name) {
  return read_over(builtin(), toml, name);
}

const ReviewWords& ReviewWords::builtin() {
  static const ReviewWords words = [] {
    Result<ReviewWords> parsed = read_over({}, *embedded_file(kFile), kFile);
    BATON_CHECK(parsed.ok());
    return *parsed;
  }();
  return words;
}

}  // namespace baton
