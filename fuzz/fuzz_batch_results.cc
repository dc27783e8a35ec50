// The results of a batch from a hostile server: no crash, no absurd bill, bounded memory. The first
// byte chooses the size of pieces.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "base/text.h"
#include "provider/batches.h"
#include "provider/json_reader.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(std::string_view custom_id, const baton::CallOutcome& outcome) {
  require(baton::is_custom_id(custom_id));
  if (const auto* settled = std::get_if<baton::CallSettled>(&outcome)) {
    require(settled->usage.prompt().count() >= 0 && settled->usage.output.count() >= 0);
    require(baton::is_utf8(settled->text));
    require(settled->content.empty() || baton::json_reader().read(settled->content) != nullptr);
  } else if (const auto* refused = std::get_if<baton::CallNotBilled>(&outcome)) {
    require(refused->message.size() < 2000 && baton::is_utf8(refused->message));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = (data[0] & 7) * 37u + 1u;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  // The same bytes, as the small answers.
  (void)baton::batch_status(bytes);
  (void)baton::batch_list(bytes);
  baton::BatchResults results;
  while (!bytes.empty()) {
    results.feed(bytes.substr(0, piece), check);
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  const baton::Status end = results.end(check);
  require(end.ok() || end.error().message.size() < 2000);
  return 0;
}
