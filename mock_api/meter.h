// The bill: what every request is charged, exact to the picodollar, and the sums by model.
//
// It shares no code and no table with the engine's ledger, which is compared with it in the tests.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/money.h"
#include "mock_api/models.h"

namespace baton::mock_api {

// Tokens of one response, in the classes they are billed in.
struct Usage {
  std::int64_t input = 0;  // neither written to a cache nor read from one
  std::int64_t write_5m = 0;
  std::int64_t write_1h = 0;
  std::int64_t read = 0;
  std::int64_t output = 0;
  std::int64_t thinking = 0;  // a part of output

  std::int64_t prompt() const { return input + write_5m + write_1h + read; }
  bool operator==(const Usage&) const = default;
};

struct Surcharges {
  bool us_geography = false;
  bool fast = false;
};

// Whether `speed: "fast"` is sold for the model, at its own price.
bool has_fast_mode(const Model& model);

Money charge_for(const Model& model, const Usage& usage, Surcharges surcharges,
                 std::string_view date);

class Meter {
 public:
  // Counts a POST /v1/messages; `model` is null where the request named none that exists.
  void count_request(const Model* model);
  void book(const Model& model, const Usage& usage, Money amount);
  Money total() const { return total_; }

  // {"total_usd", "requests", "by_model": {model: {"total_usd", "requests", tokens by class}}}
  std::string to_json() const;

 private:
  struct Account {
    Money total;
    std::int64_t requests = 0;
    Usage usage;
  };
  Money total_;
  std::int64_t requests_ = 0;
  std::map<std::string_view, Account> accounts_;  // by Model::id
};

}  // namespace baton::mock_api
