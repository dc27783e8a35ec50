#include "app/price_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/time.h"
#include "report/layout.h"
#include "shell/loop.h"

namespace baton {
namespace {

int number_of(std::string_view digits) {
  int number = 0;
  for (const char digit : digits) number = number * 10 + (digit - '0');
  return number;
}

bool is_day(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  const bool formed = text.size() == kForm.size() &&
                      std::equal(text.begin(), text.end(), kForm.begin(), [](char c, char form) {
                        return form == 'd' ? c >= '0' && c <= '9' : c == form;
                      });
  if (!formed) return false;
  return std::chrono::year_month_day(
             std::chrono::year(number_of(text.substr(0, 4))),
             std::chrono::month(static_cast<unsigned>(number_of(text.substr(5, 2)))),
             std::chrono::day(static_cast<unsigned>(number_of(text.substr(8, 2)))))
      .ok();
}

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

Result<std::string> day_or_today(const std::string& given) {
  if (given.empty()) return date_of(Loop::now());
  if (is_day(given)) return given;
  return usage_error(fmt::format("--on: '{}' is not a day, such as 2026-10-07", given));
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != &cells.front()) line += ',';
    line += csv_cell(cell);
  }
  return line + "\r\n";
}

}  // namespace baton
