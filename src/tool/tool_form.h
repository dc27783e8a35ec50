// What most tools are: a form (name, words, JSON Schema of the input) and a function that gets the
// input once it has the form.
#pragma once

#include <boost/json/fwd.hpp>
#include <memory>
#include <optional>

#include "tool/tool.h"

namespace baton {

// The input of one call, checked against the tool's schema.
class Arguments {
 public:
  // kInput, naming each argument that is wrong and what was expected.
  static Result<Arguments> read(std::string_view input, std::string_view schema);

  bool has(std::string_view name) const;
  std::string_view text(std::string_view name) const;  // empty if it was not given
  std::int64_t number(std::string_view name, std::int64_t otherwise) const;
  bool flag(std::string_view name) const;
  // A path as models write them: what commands see as /workspace/x is x.
  std::string_view path(std::string_view name) const;

 private:
  explicit Arguments(std::shared_ptr<const boost::json::object> object)
      : object_(std::move(object)) {}

  std::shared_ptr<const boost::json::object> object_;
};

struct ToolForm {
  std::string_view name;
  std::string_view description;
  std::string_view schema;
  bool changes = false;
  ToolResult (*run)(const Arguments& arguments, const ToolSite& site) = nullptr;
};

class FormedTool final : public Tool {
 public:
  explicit FormedTool(const ToolForm& form) : form_(form) {}

  std::string_view name() const override { return form_.name; }
  std::string_view description() const override { return form_.description; }
  std::string schema() const override { return std::string(form_.schema); }
  bool changes() const override { return form_.changes; }
  ToolResult run(std::string_view input, const ToolSite& site) const override;

 private:
  ToolForm form_;
};

// What a tool answers: `failed_result` for what it did not do.
inline ToolResult told(std::string text) {
  return {.text = std::move(text)};
}
inline ToolResult told_change(std::string text) {
  return {.text = std::move(text), .changed = true};
}
inline ToolResult failed_result(std::string text) {
  return {.text = std::move(text), .failed = true};
}

// One function a tool, each in the file of its name.
const Tool& read_tool();
const Tool& list_tool();
const Tool& glob_tool();
const Tool& search_tool();
const Tool& symbols_tool();
const Tool& edit_tool();
const Tool& write_tool();
const Tool& patch_tool();
const Tool& shell_tool();
const Tool& render_pdf_tool();
const Tool& skill_tool();
const Tool& memory_tool();
const Tool& finish_tool();

}  // namespace baton
