#include "provider/error_reply.h"

#include <time.h>

#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "base/json_fields.h"
#include "base/text.h"
#include "provider/json_reader.h"

namespace baton {
namespace {

constexpr std::size_t kQuotedBytes = 500;
constexpr double kLongestWaitMs = 2147483647.0;  // the official client's bound

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Millis> wait_of(double ms) {
  if (!(ms > 0 && ms <= kLongestWaitMs)) return std::nullopt;  // also refuses NaN
  return Millis(static_cast<std::int64_t>(std::ceil(ms)));
}

// "Fri, 20 Nov 2026 18:04:51 GMT", the one form servers send.
std::optional<Millis> wait_until(const std::string& date, Instant now) {
  tm parts{};
  const char* end = strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const Instant at = Instant::from_unix_ms(std::int64_t{timegm(&parts)} * 1000);
  return wait_of(static_cast<double>((at - now).count()));
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

// Spend limits that a user sets come as a plain 400, told from other ones by their words alone.
bool says_spend_limit(std::string_view message) {
  return contains(message, "usage limits") || contains(message, "credit balance is too low");
}

bool says_too_long(std::string_view message) {
  return contains(message, "prompt is too long") || contains(message, "exceed context limit");
}

bool is_spend_limit_code(std::string_view code) {
  return code == "enforced_spend_limit_reached" || code == "contract_spend_limit_reached";
}

FailureKind kind_of(int status, const ApiError& error) {
  if (status == 402 || is_spend_limit_code(error.code)) return FailureKind::kSpendLimit;
  if (status == 400) {
    if (says_spend_limit(error.message)) return FailureKind::kSpendLimit;
    if (says_too_long(error.message)) return FailureKind::kTooLarge;
    if (error.code == "organization_on_hold") return FailureKind::kDenied;
    return FailureKind::kRejected;
  }
  if (status == 401 || status == 403) return FailureKind::kDenied;
  if (status == 413) return FailureKind::kTooLarge;
  if (status == 429) return FailureKind::kThrottled;
  if (status == 408 || status == 409 || status >= 500) return FailureKind::kUnavailable;
  return FailureKind::kRejected;
}

bool is_retryable(FailureKind kind) {
  return kind == FailureKind::kThrottled || kind == FailureKind::kUnavailable;
}

}  // namespace

RetryAdvice retry_advice(const HttpHeaders& headers, Instant now) {
  RetryAdvice advice;
  std::optional<Millis> exact;
  for (const auto& [name, value] : headers) {
    if (name == "x-should-retry") {
      advice.do_not_retry = value == "false";
    } else if (name == "retry-after-ms") {
      if (const auto ms = number_in(value)) exact = wait_of(*ms);
    } else if (name == "retry-after") {
      const auto seconds = number_in(value);
      advice.retry_after = seconds ? wait_of(*seconds * 1000) : wait_until(value, now);
    }
  }
  if (exact) advice.retry_after = exact;
  return advice;
}

ApiError api_error(const boost::json::value* body) {
  const boost::json::object* error = object_at(body, "error");
  return {.type = quoted(text_at(error, "type")),
          .message = quoted(text_at(error, "message")),
          .code = quoted(text_at(object_at(error, "details"), "error_code")),
          .request_id = quoted(text_at(body, "request_id"))};
}

bool is_proof_of_no_bill(int status, std::string_view body) {
  if (status != 500 && status != 502 && status != 504) return true;
  return !api_error(json_reader().read(body)).type.empty();
}

CallNotBilled error_reply(int status, std::string_view body, const RetryAdvice& advice) {
  const ApiError error = api_error(json_reader().read(body));
  CallNotBilled result{.kind = kind_of(status, error),
                       .message = fmt::format("the provider answered HTTP {}", status),
                       .http_status = status,
                       .retry_after = advice.retry_after,
                       .request_id = error.request_id};
  if (!error.type.empty() || !error.message.empty()) {
    result.message += ", " + words_of(error);
  } else if (!body.empty()) {
    result.message += ", not in the API's form: " + quoted(body);
  }
  if (status >= 300 && status < 400) {
    result.message += "; redirects are not followed, check the base URL";
  }
  if (advice.do_not_retry && is_retryable(result.kind)) {
    result.kind = FailureKind::kRejected;
    result.message += "; it asks not to try again";
  }
  return result;
}

FailureKind kind_of_item_error(const ApiError& error) {
  static constexpr std::pair<std::string_view, int> kStatuses[] = {
      {"invalid_request_error", 400}, {"authentication_error", 401}, {"billing_error", 402},
      {"permission_error", 403},      {"not_found_error", 404},      {"conflict_error", 409},
      {"request_too_large", 413},     {"rate_limit_error", 429},     {"api_error", 500},
      {"timeout_error", 504},         {"overloaded_error", 529},
  };
  for (const auto& [type, status] : kStatuses) {
    if (error.type == type) return kind_of(status, error);
  }
  return kind_of(500, error);  // a type of later days: worth another try
}

FailureKind kind_of_broken_answer(const ApiError& error) {
  if (error.type == "billing_error" || is_spend_limit_code(error.code)) {
    return FailureKind::kSpendLimit;
  }
  if (error.type == "authentication_error" || error.type == "permission_error") {
    return FailureKind::kDenied;
  }
  if (error.type == "invalid_request_error") return FailureKind::kRejected;
  // Overloaded, timed out, throttled in mid-answer: worth another try, but one that may have been
  // billed, so not with the patience that an unbilled refusal deserves.
  return FailureKind::kCut;
}

std::string words_of(const ApiError& error) {
  std::string words = error.type.empty() ? "error" : error.type;
  if (!error.code.empty()) words += fmt::format(" ({})", error.code);
  if (!error.message.empty()) words += ": " + error.message;
  return words;
}

std::string quoted(std::string_view bytes) {
  // Cut first: a body of megabytes is not worth rewriting for half a kilobyte of it.
  return shorten(for_terminal(bytes.substr(0, 2 * kQuotedBytes)), kQuotedBytes);
}

}  // namespace baton
