#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/check.h"
#include "base/embedded.h"
#include "workflow/review.h"

namespace baton {
namespace {

constexpr std::string_view kFile = "workflows/review.toml";

Status read_part(const toml::table& table, std::string_view name, ReviewWords::Part& part) {
  const auto system = table[name]["system"].value<std::string>();
  const auto schema = table[name]["schema"].value<std::string>();
  if (!system || !schema)
    return input_error(fmt::format("{}: [{}] needs the texts system and schema", kFile, name));
  part.system = *system;
  part.schema = *schema;
  return {};
}

}  // namespace

Result<ReviewWords> ReviewWords::parse(std::string_view toml) {
  toml::table table;
  try {
    table = toml::parse(toml, kFile);
  } catch (const toml::parse_error& error) {
    return input_error(
        fmt::format("{}:{}: {}", kFile, error.source().begin.line, error.description()));
  }
  ReviewWords words;
  if (Status s = read_part(table, "plan", words.plan); !s) return s.error();
  if (Status s = read_part(table, "work", words.work); !s) return s.error();
  if (Status s = read_part(table, "report", words.report); !s) return s.error();
  return words;
}

const ReviewWords& ReviewWords::builtin() {
  static const ReviewWords words = [] {
    Result<ReviewWords> parsed = parse(*embedded_file(kFile));
    BATON_CHECK(parsed.ok());
    return *parsed;
  }();
  return words;
}

}  // namespace baton
