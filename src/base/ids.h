// Names of things, each a type of its own, so that two of them cannot change places unseen.
#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <ostream>
#include <string>

namespace baton {

// A number that names one thing of a run, in the order of creation.
template <typename Tag>
class Ordinal {
 public:
  constexpr Ordinal() = default;
  explicit constexpr Ordinal(std::int32_t number) : number_(number) {}
  constexpr std::int32_t number() const { return number_; }
  std::string to_string() const { return fmt::format("{}{}", Tag::kPrefix, number_); }
  constexpr auto operator<=>(const Ordinal&) const = default;

 private:
  std::int32_t number_ = 0;
};

template <typename Tag>
std::ostream& operator<<(std::ostream& out, Ordinal<Tag> id) {
  return out << id.to_string();
}

struct TaskTag {
  static constexpr char kPrefix = 't';
};
struct CallTag {
  static constexpr char kPrefix = 'c';
};
using TaskId = Ordinal<TaskTag>;  // "t0" is the task the run begins with
using CallId = Ordinal<CallTag>;
struct BatchTag {
  static constexpr char kPrefix = 'b';
};
using BatchId = Ordinal<BatchTag>;

// A run's name: "r-" and 12 lower-case letters and digits; safe as a file name and in a shell.
using RunId = std::string;

// The SHA-256 of a stored text, in hex; empty where there is none.
using BlobId = std::string;

}  // namespace baton
