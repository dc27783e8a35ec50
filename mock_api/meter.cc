#include "mock_api/meter.h"

#include <boost/json.hpp>

namespace baton::mock_api {
namespace {

Money times(std::int64_t pico_per_token, std::int64_t tokens) {
  return Money::pico(pico_per_token) * tokens;
}

constexpr Price kFastOpus{.input = 10'000'000,
                          .write_5m = 12'500'000,
                          .write_1h = 20'000'000,
                          .read = 1'000'000,
                          .output = 50'000'000};

}  // namespace

bool has_fast_mode(const Model& model) {
  return model.id == "claude-opus-5" || model.id == "claude-opus-4-8";
}

Money charge_for(const Model& model, const Usage& usage, Surcharges surcharges,
                 std::string_view date) {
  const Price price =
      surcharges.fast && has_fast_mode(model) ? kFastOpus : price_on(model, date, usage.prompt());
  const Money standard = times(price.input, usage.input) + times(price.write_5m, usage.write_5m) +
                         times(price.write_1h, usage.write_1h) + times(price.read, usage.read) +
                         times(price.output, usage.output);
  // Every price is a multiple of a thousand picodollars, so parts of it are whole numbers.
  const Money sold =
      surcharges.batch ? Money::pico(standard.picodollars() / 100 * model.batch_percent) : standard;
  return surcharges.us_geography ? sold + Money::pico(sold.picodollars() / 10) : sold;
}

void Meter::Sum::count(const Model* model) {
  ++requests;
  if (model != nullptr) ++accounts[model->id].requests;
}

void Meter::Sum::book(const Model& model, const Usage& usage, Money amount) {
  Account& account = accounts[model.id];
  account.total += amount;
  account.usage.input += usage.input;
  account.usage.write_5m += usage.write_5m;
  account.usage.write_1h += usage.write_1h;
  account.usage.read += usage.read;
  account.usage.output += usage.output;
  total += amount;
}

void Meter::count_request(const Model* model, Way way) {
  all_.count(model);
  if (way == Way::kBatch) batch_.count(model);
}

void Meter::book(const Model& model, const Usage& usage, Money amount, Way way) {
  all_.book(model, usage, amount);
  if (way == Way::kBatch) batch_.book(model, usage, amount);
}

boost::json::object Meter::json_of(const Sum& sum) {
  boost::json::object by_model;
  for (const auto& [id, account] : sum.accounts) {
    by_model[id] = {
        {"total_usd", account.total.to_string()},
        {"requests", account.requests},
        {"input_tokens", account.usage.input},
        {"cache_creation_5m_input_tokens", account.usage.write_5m},
        {"cache_creation_1h_input_tokens", account.usage.write_1h},
        {"cache_read_input_tokens", account.usage.read},
        {"output_tokens", account.usage.output},
    };
  }
  return {{"total_usd", sum.total.to_string()}, {"requests", sum.requests}, {"by_model", by_model}};
}

std::string Meter::to_json() const {
  boost::json::object bill = json_of(all_);
  bill["batch"] = json_of(batch_);
  return boost::json::serialize(bill);
}

}  // namespace baton::mock_api
