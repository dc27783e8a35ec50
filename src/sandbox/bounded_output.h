// BoundedOutput: what a program says, with its beginning and its end kept and the middle counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace baton {

class BoundedOutput {
 public:
  // Half of `limit` (bytes) is for the beginning, half for the end.
  explicit BoundedOutput(std::size_t limit) : half_(limit / 2) {}

  void add(std::string_view bytes);
  bool truncated() const { return left_out() > 0; }
  // Where something is missing a line says how much.
  std::string text() const;

 private:
  std::uint64_t left_out() const { return said_ - beginning_.size() - ending().size(); }
  std::string_view ending() const;

  std::size_t half_;
  std::uint64_t said_ = 0;
  std::string beginning_;
  std::string ending_;  // up to twice of what is kept, so that each byte is moved once
};

}  // namespace baton
