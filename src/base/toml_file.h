// A TOML file read strictly. Whatever is wrong with it is told with the file, the line and the
// column.
//
//   TomlFile file(text, "fleet.toml");
//   const TomlTable root = file.root();
//   root.only_keys({"title", "turns"});
//   fleet.title = root.text("title");
//   fleet.turns = root.whole("turns", 1, 1000).value_or(1);
//   if (file.error()) return *file.error();
//
// Reading goes on after a fault, with harmless values; the first fault is the one that is kept.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace toml {
inline namespace v3 {
class node;
class table;
}  // namespace v3
}  // namespace toml

namespace baton {

class TomlFile;

// One table of a TomlFile that outlives it.
class TomlTable {
 public:
  // Any other key is a fault: told `why`, or else which keys there are.
  void only_keys(std::initializer_list<std::string_view> known, std::string_view why = {}) const;
  bool has(std::string_view key) const;
  int line() const;

  // Required. A text has at least one byte, and at most `most`.
  std::string text(std::string_view key, std::optional<std::size_t> most = std::nullopt) const;
  std::string date(std::string_view key) const;  // as 2026-10-07

  // None where the key is not there.
  std::optional<std::int64_t> whole(std::string_view key, std::int64_t least,
                                    std::int64_t most) const;
  std::optional<bool> truth(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<TomlTable> tables(std::string_view key) const;

  // What stands there, if it is of this type; if not, the fault is the caller's to tell.
  std::optional<std::string> if_text(std::string_view key) const;
  std::optional<double> if_number(std::string_view key) const;

  // A fault of the whole table, or of what stands at `key` (of the table, if nothing does).
  void fail(std::string_view what) const;
  void fail_at(std::string_view key, std::string_view what) const;

 private:
  friend class TomlFile;
  TomlTable(TomlFile& file, const toml::table& table) : file_(&file), table_(&table) {}
  const toml::node* required(std::string_view key) const;

  TomlFile* file_;
  const toml::table* table_;
};

class TomlFile {
 public:
  // A text that is not TOML is a fault, and reads as an empty table. `name`: for errors.
  TomlFile(std::string_view text, std::string_view name);
  ~TomlFile();
  TomlFile(const TomlFile&) = delete;
  TomlFile& operator=(const TomlFile&) = delete;

  TomlTable root() { return {*this, *root_}; }
  // kInput.
  const std::optional<Error>& error() const { return error_; }

 private:
  friend class TomlTable;
  void fail(std::size_t line, std::size_t column, std::string_view what);

  std::string name_;
  std::unique_ptr<toml::table> root_;
  std::optional<Error> error_;
};

}  // namespace baton
