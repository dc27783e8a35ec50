// A plan that streams: however its text is cut, the same elements and the same verdict come out.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "workflow/array_stream.h"

namespace {

std::string read_in(std::string_view text, std::size_t piece) {
  baton::ArrayStream stream("tasks");
  std::string all;
  bool good = true;
  while (!text.empty()) {
    good = stream
               .feed(text.substr(0, piece),
                     [&](std::string_view element) { all.append(element).append(1, '\n'); })
               .ok();
    text.remove_prefix(std::min(piece, text.size()));
  }
  return all + (good ? "good " : "bad ") + (stream.finish().ok() ? "whole" : "not whole");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (read_in(text, data[0] + 1u) != read_in(text, text.size() + 1)) std::abort();
  return 0;
}
