#include "report/csv_text.h"

#include <string_view>

#include "report/layout.h"

namespace baton {
namespace {

// What a spreadsheet would calculate. A negative amount is a number, and stays one.
bool is_formula(std::string_view cell) {
  if (cell.empty() || std::string_view("=+-@").find(cell.front()) == std::string_view::npos) {
    return false;
  }
  return cell.front() != '-' || cell.find_first_not_of("-.0123456789") != std::string_view::npos;
}

std::string csv_cell(std::string_view text) {
  std::string cell = one_line(text);
  if (is_formula(cell)) cell.insert(0, 1, '\'');
  if (cell.find_first_of(",\"") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

}  // namespace

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != &cells.front()) line += ',';
    line += csv_cell(cell);
  }
  return line + "\r\n";
}

}  // namespace baton
