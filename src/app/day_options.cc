#include "app/day_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/time.h"
#include "shell/loop.h"

namespace baton {
namespace {

int number_of(std::string_view digits) {
  int number = 0;
  for (const char digit : digits) number = number * 10 + (digit - '0');
  return number;
}

}  // namespace

bool is_day(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  const bool formed = text.size() == kForm.size() &&
                      std::equal(text.begin(), text.end(), kForm.begin(), [](char c, char form) {
                        return form == 'd' ? c >= '0' && c <= '9' : c == form;
                      });
  if (!formed) return false;
  const int year = number_of(text.substr(0, 4));
  return year > 0 && std::chrono::year_month_day(
                         std::chrono::year(year),
                         std::chrono::month(static_cast<unsigned>(number_of(text.substr(5, 2)))),
                         std::chrono::day(static_cast<unsigned>(number_of(text.substr(8, 2)))))
                         .ok();
}

Result<std::string> day_or_today(const std::string& given) {
  if (given.empty()) return date_of(system_now());
  if (is_day(given)) return given;
  return usage_error(fmt::format("--on: '{}' is not a day, such as 2026-10-07", given));
}

}  // namespace baton
