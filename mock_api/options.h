// What the stand-in is told on its command line.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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

// How batches go, and what goes wrong with them.
struct BatchOptions {
  Millis length;         // from its creation to its end; items end evenly over it
  Millis cancel_length;  // from a cancel to the end
  Millis expires = Millis::seconds(86'400);
  double errored = 0;  // chances per item
  double expired = 0;
  double cache_missed = 0;
  int refused_creates = 0;  // the first creates are answered 529 and 500 in turn
  int cut_creates = 0;  // the first that succeed have their connection closed instead of an answer
};

// Tokens and requests a minute; 0: no limit.
struct ClassLimits {
  std::int64_t requests = 0;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
};

// Of the organization: each model class has buckets of its own.
struct RateLimits {
  ClassLimits all;                                        // of classes not named below
  std::map<std::string, ClassLimits, std::less<>> named;  // by Model::rate_class
  double burst_seconds = 60;                              // what a full bucket holds, in refill
};

struct Options {
  std::uint16_t port = 8377;
  std::string key;  // the only key accepted; empty: any
  std::uint64_t seed = 1;
  bool instant = false;            // no delays, the whole answer in one piece
  bool record = true;              // keep what /__requests tells
  int plan_tasks = 0;              // items in an answer's `tasks`; 0: as many as suit the prompt
  int deltas = 0;                  // pieces a streamed answer comes in; 0: by its length
  int tool_turns = 1;              // with tools: the turn that is no call any more
  int tool_calls = 1;              // in one turn of the loop
  bool tool_prompt = true;         // tools bring the tokens of the API's own words about them
  std::int64_t output_tokens = 0;  // of each answer, thinking included; 0: by its text
  Millis answer_latency;
  Millis latency_min;
  Millis latency_max;
  Millis stream_length;
  std::optional<Millis> plan_length;  // for answers with `tasks`, instead of stream_length
  Millis late = Millis::seconds(5);
  FaultRates faults;
  RateLimits limits;
  BatchOptions batches;
  std::optional<Money> spend_limit;
  std::string script;  // a file's path
};

}  // namespace baton::mock_api
