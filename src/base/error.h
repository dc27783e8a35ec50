// Error: what went wrong, for the program (kind) and for a person at night (message).
//
// The message says what was attempted, on what, what came back and what happens next. A kind exists
// for each way of reacting; where no code would act differently, the difference is in the message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace baton {

enum class ErrorKind {
  kUsage,     // the user asked for something that cannot be: exit code 2, nothing was started
  kInput,     // data we were given does not parse or contradicts itself
  kNotFound,  // the named thing does not exist
  kBusy,      // another process holds it: try again when it has ended
  kStorage,  // the journal could not be read or made durable: stop before anything else is promised
  kSystem,   // the operating system or a program we run failed
};

struct Error {
  ErrorKind kind = ErrorKind::kSystem;
  std::string message;

  bool operator==(const Error&) const = default;
};

inline Error usage_error(std::string message) {
  return {ErrorKind::kUsage, std::move(message)};
}
inline Error input_error(std::string message) {
  return {ErrorKind::kInput, std::move(message)};
}
inline Error not_found(std::string message) {
  return {ErrorKind::kNotFound, std::move(message)};
}
inline Error storage_error(std::string message) {
  return {ErrorKind::kStorage, std::move(message)};
}
inline Error system_error(std::string message) {
  return {ErrorKind::kSystem, std::move(message)};
}

}  // namespace baton
