#include "app/cap_options.h"

#include <fmt/format.h>

#include <cstdlib>

namespace baton {
namespace {

Status read_cap(std::string_view option, const std::string& text, std::optional<Money>& cap) {
  if (text.empty()) return {};
  const Result<Money> amount = dollars_of(option, text);
  if (!amount) return amount.error();
  cap = *amount;
  return {};
}

Status read_worker_cap(const std::string& text, Caps& caps) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return usage_error(fmt::format(
        "--budget-per-worker {}: expected TYPE=DOLLARS, such as naming_convention_check=0.25",
        text));
  }
  const Result<Money> amount = dollars_of("--budget-per-worker", text.substr(equals + 1));
  if (!amount) return amount.error();
  caps.worker[text.substr(0, equals)] = *amount;
  return {};
}

}  // namespace

Result<Money> dollars_of(std::string_view option, const std::string& text) {
  const Result<Money> amount = Money::parse(text);
  if (amount && *amount >= Money()) return *amount;
  return usage_error(
      fmt::format("{} {}: expected an amount in dollars, such as 2.50", option, text));
}

Status read_cap_options(const CapOptions& options, RunRequest& request) {
  Caps& caps = request.caps;
  const char* daily = std::getenv("BATON_DAY_BUDGET");
  const bool from_environment = options.day.empty() && daily != nullptr;
  for (const Status& read :
       {read_cap("--budget-per-call", options.call, caps.call),
        read_cap("--budget-per-attempt", options.attempt, caps.attempt),
        read_cap("--budget-per-task", options.task, caps.task),
        read_cap(from_environment ? "BATON_DAY_BUDGET" : "--budget-per-day",
                 from_environment ? std::string(daily) : options.day, caps.day)}) {
    if (!read) return read;
  }
  for (const std::string& worker : options.worker) {
    if (Status read = read_worker_cap(worker, caps); !read) return read;
  }
  if (options.max_turns > 0) request.limits.turns = options.max_turns;
  if (options.max_tokens > 0) request.limits.tokens = Tokens(options.max_tokens);
  if (options.max_minutes > 0)
    request.limits.wall = Millis::seconds(std::int64_t{60} * options.max_minutes);
  return {};
}

}  // namespace baton
