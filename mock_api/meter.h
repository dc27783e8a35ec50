// The bill: what every request is charged, exact to the picodollar, and the sums by model.
//
// It shares no code and no table with the engine's ledger, which is compared with it in the tests.
#pragma once

#include <boost/json/fwd.hpp>
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
  bool batch = false;  // not a surcharge: the model's batch percentage of it all
};

// Whether `speed: "fast"` is sold for the model, at its own price.
bool has_fast_mode(const Model& model);

Money charge_for(const Model& model, const Usage& usage, Surcharges surcharges,
                 std::string_view date);

class Meter {
 public:
  enum class Way { kLive, kBatch };

  // Counts a POST /v1/messages or an item of a batch; `model` is null where it named none that
  // exists.
  void count_request(const Model* model, Way way = Way::kLive);
  void book(const Model& model, const Usage& usage, Money amount, Way way = Way::kLive);
  Money total() const { return all_.total; }

  // {"total_usd", "requests", "by_model": {model: {"total_usd", "requests", tokens by class}},
  //  "batch": {the part of it that came in batches, in the same form}}
  std::string to_json() const;

 private:
  struct Account {
    Money total;
    std::int64_t requests = 0;
    Usage usage;
  };
  struct Sum {
    Money total;
    std::int64_t requests = 0;
    std::map<std::string_view, Account> accounts;  // by Model::id

    void count(const Model* model);
    void book(const Model& model, const Usage& usage, Money amount);
  };
  static boost::json::object json_of(const Sum& sum);

  Sum all_;
  Sum batch_;  // a part of all_
};

}  // namespace baton::mock_api
