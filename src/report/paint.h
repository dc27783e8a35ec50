// Colours of a terminal, or none.
#pragma once

#include <string>
#include <string_view>

namespace baton {

class Paint {
 public:
  explicit Paint(bool color) : color_(color) {}
  std::string bold(std::string_view text) const { return in("1", text); }
  std::string dim(std::string_view text) const { return in("2", text); }
  // `code`: the numbers of an SGR sequence, "1;31".
  std::string in(std::string_view code, std::string_view text) const {
    if (!color_) return std::string(text);
    return std::string("\x1b[").append(code).append("m").append(text).append("\x1b[0m");
  }

 private:
  bool color_;
};

}  // namespace baton
