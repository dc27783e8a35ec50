// What the stand-in is told on its command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/money.h"
#include "base/time.h"

namespace baton::mock_api {

// Chances, per request, of each fault; drawn from the seed and the request's number.
struct FaultRates {
  double error_429 = 0;
  double error_500 = 0;
  double error_529 = 0;
  double cut = 0;         // the connection closes in mid-answer
  double overloaded = 0;  // an overloaded_error event in mid-stream
  double malformed = 0;   // a piece of the response is no JSON
  double late = 0;        // the answer comes `late` later
};

// Tokens and requests a minute, per model class; 0: no limit.
struct RateLimits {
  std::int64_t requests = 0;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
};

struct Options {
  std::uint16_t port = 8377;
  std::string key;  // the only key accepted; empty: any
  std::uint64_t seed = 1;
  bool instant = false;  // no delays, the whole answer in one piece
  bool record = true;    // keep what /__requests tells
  int plan_tasks = 0;    // items in an answer's `tasks`; 0: as many as suit the prompt
  int deltas = 0;        // pieces a streamed answer comes in; 0: by its length
  Millis answer_latency;
  Millis latency_min;
  Millis latency_max;
  Millis stream_length;
  std::optional<Millis> plan_length;  // for answers with `tasks`, instead of stream_length
  Millis late = Millis::seconds(5);
  FaultRates faults;
  RateLimits limits;
  std::optional<Money> spend_limit;
  std::string script;  // a file's path
};

}  // namespace baton::mock_api
