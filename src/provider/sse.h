// Server-sent events out of a byte stream that may be cut anywhere. Accepts "\n", "\r\n" and "\r";
// joins several data lines with "\n"; skips comments; drops a last event without its blank line, as
// the standard says.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace baton {

class SseSplitter {
 public:
  // `event` is empty where the stream named none. The views live as long as the call.
  using OnEvent = std::function<void(std::string_view event, std::string_view data)>;

  // False, and nothing more is read, once one event's data, or one line, passes kMaxEventBytes.
  bool feed(std::string_view bytes, const OnEvent& on_event);

  static constexpr std::size_t kMaxEventBytes = 8u << 20;

 private:
  void end_line(std::string_view line, const OnEvent& on_event);
  void add_data(std::string_view value);

  std::string line_;  // the begin of a line whose end has not come yet
  std::string event_;
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool first_line_ = true;
  bool overflowed_ = false;
};

}  // namespace baton
