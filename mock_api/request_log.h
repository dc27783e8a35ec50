// What GET /__requests tells: every POST /v1/messages in the order of arrival, and every item of a
// batch that was processed, among them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "mock_api/meter.h"

namespace baton::mock_api {

struct RequestRecord {
  std::int64_t ordinal = 0;  // of a POST, from 1; 0: an item of a batch
  std::string request_id;    // of a POST
  std::string message_id;    // of the answer, if it is one
  std::string batch_id;      // of an item's batch
  std::string custom_id;     // of an item
  std::string model;         // as it was asked for
  int status = 0;            // 0: not answered yet
  Money charge;
  Usage usage;
  std::string body_sha256;
  int retry_count = 0;  // what the client says of itself: x-stainless-retry-count
  Instant started;
  Instant ended;
  bool streamed = false;
  bool cut = false;  // the answer was not sent to its end
};

// A JSON array.
std::string requests_json(const std::vector<RequestRecord>& records);

}  // namespace baton::mock_api
