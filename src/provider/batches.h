// The Message Batches endpoint, as bytes in and out: no sockets, no clock. Facts: the Messages API
// reference, section 13. Its small answers are read by ApiReply, headers are those of messages.
//
//   POST batches_url      batch_body(items)      ─► batch_status(body)
//   GET  batch_url        until it has ended     ─► batch_status(body)
//   GET  results_url                             ─► BatchResults: each item's outcome, in any order
//   POST cancel_url                              ─► batch_status(body)
//   GET  batches_list_url after an unknown create─► batch_list(body)
//
// There is no idempotency key: a batch whose creation was cut may exist, and be found in the list.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/call_outcome.h"
#include "prompt/prompt.h"
#include "provider/credentials.h"

namespace baton {

struct BatchItem {
  std::string custom_id;  // 1 to 64 of A-Z a-z 0-9 _ -; each once in its batch
  std::string params;     // messages_body(request, Delivery::kBatch)
};
bool is_custom_id(std::string_view text);

constexpr std::size_t kMostBatchItems = 100'000;
constexpr std::size_t kMostBatchBytes = 256'000'000;

// The body that creates a batch: the same items give the same bytes. kInput for no items, too many
// or too large ones, and for a custom id that is none or stands twice.
Result<std::string> batch_body(const std::vector<BatchItem>& items);

enum class BatchState { kInProgress, kCanceling, kEnded };

struct BatchCounts {
  std::int64_t processing = 0;
  std::int64_t succeeded = 0;  // this and the next are zero until the whole batch has ended
  std::int64_t errored = 0;
  std::int64_t canceled = 0;
  std::int64_t expired = 0;

  std::int64_t total() const { return processing + succeeded + errored + canceled + expired; }
  bool operator==(const BatchCounts&) const = default;
};

struct BatchStatus {
  std::string id;  // "msgbatch_…"
  BatchState state = BatchState::kInProgress;
  BatchCounts counts;
  Instant created_at;
  std::optional<Instant> expires_at;
  std::optional<Instant> ended_at;
  bool has_results = false;

  bool operator==(const BatchStatus&) const = default;
};

struct BatchList {
  std::vector<BatchStatus> batches;  // the newest first
  std::string next_after;            // asks for those behind; empty: these are the last

  bool operator==(const BatchList&) const = default;
};

// kInput for anything that is not a batch, or a list of them.
Result<BatchStatus> batch_status(std::string_view body);
Result<BatchList> batch_list(std::string_view body);

// Requires: `id` is one that batch_status() or batch_list() gave. Results are asked for here, not
// where the answer says: credentials go nowhere else.
std::string batches_url(const Endpoint& endpoint);
std::string batches_list_url(const Endpoint& endpoint, std::string_view after = {});
std::string batch_url(const Endpoint& endpoint, std::string_view id);
std::string batch_cancel_url(const Endpoint& endpoint, std::string_view id);
std::string batch_results_url(const Endpoint& endpoint, std::string_view id);

// The results of a batch out of a byte stream that may be cut anywhere: JSON Lines, one item each.
// A line that tells no item is passed over, and end() says so; an item that is told badly is told
// as unknown.
class BatchResults {
 public:
  using OnItem = std::function<void(std::string_view custom_id, CallOutcome outcome)>;

  // `ttl` as for MessagesReply.
  explicit BatchResults(CacheTtl ttl = CacheTtl::k5Minutes) : ttl_(ttl) {}

  void feed(std::string_view bytes, const OnItem& on_item);
  // Once, after the whole body came. kInput where lines could not be read.
  Status end(const OnItem& on_item);

  static constexpr std::size_t kMaxLineBytes = 32u << 20;

 private:
  void end_line(std::string_view line, const OnItem& on_item);
  void pass_over(std::string why);

  CacheTtl ttl_;
  std::string line_;  // the begin of a line whose end has not come yet
  bool too_long_ = false;
  std::size_t lines_ = 0;
  std::size_t passed_over_ = 0;
  std::string first_problem_;
};

}  // namespace baton
