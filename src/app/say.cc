#include "app/say.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "app/files.h"
#include "base/text.h"

namespace baton {

ExitCode say(const Error& error) {
  say(error.message);
  return exit_code_of(error);
}

void say(std::string_view line) {
  fmt::print(stderr, "baton: {}\n", for_terminal(line));
}

TerminalStyle output_style() {
  TerminalStyle style;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (::isatty(STDOUT_FILENO) != 1) return style;
  style.color = (no_color == nullptr || *no_color == '\0') && term != nullptr &&
                std::string_view(term) != "dumb";
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) {
    style.width = std::min<int>(size.ws_col, 120);
  }
  return style;
}

Status deliver(std::string_view text, const std::string& path) {
  if (!path.empty()) return write_file(path, text);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return system_error(fmt::format("can not write to standard output: {}", std::strerror(errno)));
  }
  return {};
}

}  // namespace baton
