// An answer of the Messages API from a hostile server: no crash, no absurd bill, and the text that
// was shown is the text that is kept. The first byte chooses status, size of pieces and how the
// transfer ended.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "base/text.h"
#include "provider/json_reader.h"
#include "provider/messages.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void require_sane(const baton::Usage& usage) {
  for (const baton::Tokens tokens :
       {usage.input, usage.cache_write_5m, usage.cache_write_1h, usage.cache_read, usage.output}) {
    require(tokens.count() >= 0 && tokens.count() <= std::int64_t{1} << 41);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr int kStatuses[] = {200, 200, 200, 200, 200, 400, 429, 529};
  const int status = kStatuses[data[0] & 7];
  const std::size_t piece = (data[0] >> 3 & 7) * 37u + 1u;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);

  baton::MessagesReply reply;
  const std::string advice(bytes.substr(0, 40));
  reply.head(status, {{"retry-after", advice}, {"request-id", advice}},
             baton::Instant::from_unix_ms(0));
  std::string shown;
  while (!bytes.empty()) {
    reply.feed(bytes.substr(0, piece), [&](std::string_view text) { shown += text; });
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  baton::TransferEnd end;
  if (data[0] >> 6 == 1) end.kind = baton::TransferEnd::Kind::kBroken;
  if (data[0] >> 6 == 2) end.kind = baton::TransferEnd::Kind::kCancelled;
  const baton::CallOutcome outcome = reply.end(end);

  if (const auto* settled = std::get_if<baton::CallSettled>(&outcome)) {
    require(status == 200);
    require(settled->text == shown && baton::is_utf8(settled->text));
    require_sane(settled->usage);
    // What goes back is JSON, or the next request of the conversation would not be.
    baton::JsonReader& reader = baton::json_reader();
    require(settled->content.empty() || reader.read(settled->content) != nullptr);
    for (const baton::ToolUse& use : settled->tool_uses) {
      const boost::json::value* input = reader.read(use.input);
      require(input != nullptr && input->is_object());
    }
  } else if (const auto* unknown = std::get_if<baton::CallUnknown>(&outcome)) {
    require(status == 200 && !unknown->message.empty() && baton::is_utf8(unknown->message));
    if (unknown->seen) require_sane(*unknown->seen);
  } else if (const auto* refused = std::get_if<baton::CallNotBilled>(&outcome)) {
    require(status != 200 && refused->message.size() < 2000 && baton::is_utf8(refused->message));
  }
  return 0;
}
