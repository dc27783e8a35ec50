// Server-sent events: however the bytes are cut, the same events come out.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "provider/sse.h"

namespace {

std::string events_of(std::string_view bytes, std::size_t piece) {
  baton::SseSplitter splitter;
  std::string all;
  while (!bytes.empty()) {
    splitter.feed(bytes.substr(0, piece), [&](std::string_view event, std::string_view data) {
      all.append(event).append(1, '\0').append(data).append(1, '\0');
    });
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (events_of(bytes, data[0] + 1u) != events_of(bytes, bytes.size() + 1)) std::abort();
  return 0;
}
