#include "base/toml_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/text.h"

namespace baton {

TomlFile::TomlFile(std::string_view text, std::string_view name)
    : name_(name), root_(std::make_unique<toml::table>()) {
  try {
    *root_ = toml::parse(text);
  } catch (const toml::parse_error& e) {
    fail(e.source().begin.line, e.source().begin.column, e.description());
  }
}

TomlFile::~TomlFile() = default;

void TomlFile::fail(std::size_t line, std::size_t column, std::string_view what) {
  if (error_) return;
  error_ = input_error(fmt::format("{}, line {}, column {}: {}", name_, line, column, what));
}

void TomlTable::fail(std::string_view what) const {
  const toml::source_position& at = table_->source().begin;
  file_->fail(at.line, at.column, what);
}

void TomlTable::fail_at(std::string_view key, std::string_view what) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return fail(what);
  const toml::source_position& at = node->source().begin;
  file_->fail(at.line, at.column, what);
}

void TomlTable::only_keys(std::initializer_list<std::string_view> known,
                          std::string_view why) const {
  for (const auto& [key, node] : *table_) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    const toml::source_position& at = key.source().begin;
    file_->fail(at.line, at.column,
                why.empty() ? fmt::format("'{}' is not a key that stands here; expected one of: {}",
                                          shorten(key.str(), 60), fmt::join(known, ", "))
                            : std::string(why));
  }
}

bool TomlTable::has(std::string_view key) const {
  return table_->contains(key);
}

int TomlTable::line() const {
  return static_cast<int>(table_->source().begin.line);
}

const toml::node* TomlTable::required(std::string_view key) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) fail(fmt::format("'{}' is missing", key));
  return node;
}

std::string TomlTable::text(std::string_view key, std::optional<std::size_t> most) const {
  const toml::node* node = required(key);
  if (node == nullptr) return {};
  const auto value = node->value_exact<std::string>();
  if (!value || value->empty() || (most && value->size() > *most)) {
    fail_at(key, fmt::format("'{}' is not a text in quotes{}", key,
                             most ? fmt::format(" of 1 to {} bytes", *most) : std::string()));
    return {};
  }
  return *value;
}

std::string TomlTable::date(std::string_view key) const {
  const toml::node* node = required(key);
  if (node == nullptr) return {};
  const auto value = node->value_exact<toml::date>();
  if (!value) {
    fail_at(key,
            fmt::format("'{}' is not a date; write it without quotes, such as 2026-10-07", key));
    return {};
  }
  return fmt::format("{:04}-{:02}-{:02}", value->year, value->month, value->day);
}

std::optional<std::int64_t> TomlTable::whole(std::string_view key, std::int64_t least,
                                             std::int64_t most) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<std::int64_t>();
  if (!value || *value < least || *value > most) {
    fail_at(key, fmt::format("'{}' is not a whole number from {} to {}", key, least, most));
    return std::nullopt;
  }
  return value;
}

std::optional<bool> TomlTable::truth(std::string_view key) const {
  const toml::node* node = table_->get(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<bool>();
  if (!value) fail_at(key, fmt::format("'{}' is neither true nor false", key));
  return value;
}

std::vector<std::string> TomlTable::texts(std::string_view key) const {
  std::vector<std::string> out;
  const toml::node* node = table_->get(key);
  if (node == nullptr) return out;
  const std::string fault = fmt::format("'{}' is not a list of texts", key);
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    fail_at(key, fault);
    return out;
  }
  for (const toml::node& element : *array) {
    const auto value = element.value_exact<std::string>();
    if (!value || value->empty()) {
      const toml::source_position& at = element.source().begin;
      file_->fail(at.line, at.column, fault);
      return out;
    }
    out.push_back(*value);
  }
  return out;
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) const {
  std::vector<TomlTable> out;
  const toml::node* node = table_->get(key);
  if (node == nullptr) return out;
  const toml::array* array = node->as_array();
  const bool all_tables =
      array != nullptr &&
      std::all_of(array->begin(), array->end(), [](const toml::node& n) { return n.is_table(); });
  if (!all_tables) {
    fail_at(key, fmt::format("'{}' is not a list of tables", key));
    return out;
  }
  for (const toml::node& element : *array) out.push_back({*file_, *element.as_table()});
  return out;
}

std::optional<std::string> TomlTable::if_text(std::string_view key) const {
  const toml::node* node = table_->get(key);
  return node == nullptr ? std::nullopt : node->value_exact<std::string>();
}

std::optional<double> TomlTable::if_number(std::string_view key) const {
  const toml::node* node = table_->get(key);
  return node == nullptr || !node->is_number() ? std::nullopt : node->value<double>();
}

}  // namespace baton
