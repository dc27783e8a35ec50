// Message Batches: what is queued, what has become of it, and when each ends.
//
//   add ──► in_progress ──► ended                       one item after the other, evenly over its
//   length
//               └─ cancel ─► canceling ──► ended        what was not processed by then is canceled
//
// Nothing happens by itself: advance() catches up with the clock, so that the same calls at the
// same times give the same results. One thread.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "mock_api/api_error.h"
#include "mock_api/options.h"

namespace baton::mock_api {

enum class ItemState { kWaiting, kSucceeded, kErrored, kCanceled, kExpired };

struct BatchItem {
  std::string custom_id;
  std::string params;  // as JSON; emptied once processed
  std::string result;  // the value of `result` in its line, once processed
  ItemState state = ItemState::kWaiting;
};

struct Batch {
  std::string id;
  std::string workspace;
  std::string version;      // the anthropic-version its items are checked by
  std::int64_t number = 0;  // from 1, in the order of creation
  std::vector<BatchItem> items;
  std::size_t processed = 0;  // items before this one have ended
  Instant created;
  Instant expires;
  std::optional<Instant> cancelled;
  std::optional<Instant> ended;
  bool answer_cut = false;  // its creator was never told of it
};

// The items of a create's body; an error is that of the whole create. `params` are not looked into.
std::variant<std::vector<BatchItem>, ApiError> read_batch(const boost::json::object& body);

class Batches {
 public:
  // Ends an item that is due: sets its state and result.
  using Process = std::function<void(const Batch& batch, std::size_t item, BatchItem&, Instant)>;

  Batches(const BatchOptions& options, std::uint64_t seed) : options_(options), seed_(seed) {}

  // Fills in number, times and nothing else. The reference holds until the batch is erased.
  Batch& add(Batch batch, Instant now);
  void advance(Instant now, const Process& process);
  void cancel(Batch& batch, Instant now);
  void erase(const Batch& batch);
  void clear() { list_.clear(); }

  Batch* find(std::string_view id, std::string_view workspace);
  std::vector<const Batch*> newest_first(std::string_view workspace) const;

  // JSON Lines, in an order drawn from the seed.
  std::string results(const Batch& batch) const;
  // Every batch of every workspace, oldest first, as GET /__batches tells them.
  std::string to_json() const;

 private:
  void advance(Batch& batch, Instant now, const Process& process);

  BatchOptions options_;
  std::uint64_t seed_;
  std::int64_t created_ = 0;
  std::vector<std::unique_ptr<Batch>> list_;
};

// A MessageBatch object. `base_url` ("http://host") begins its results_url.
std::string batch_json(const Batch& batch, std::string_view base_url);

}  // namespace baton::mock_api
