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
  // Every price is a multiple of ten picodollars, so the tenth is a whole number.
  return surcharges.us_geography ? standard + Money::pico(standard.picodollars() / 10) : standard;
}

void Meter::count_request(const Model* model) {
  ++requests_;
  if (model != nullptr) ++accounts_[model->id].requests;
}

void Meter::book(const Model& model, const Usage& usage, Money amount) {
  Account& account = accounts_[model.id];
  account.total += amount;
  account.usage.input += usage.input;
  account.usage.write_5m += usage.write_5m;
  account.usage.write_1h += usage.write_1h;
  account.usage.read += usage.read;
  account.usage.output += usage.output;
  total_ += amount;
}

std::string Meter::to_json() const {
  boost::json::object by_model;
  for (const auto& [id, account] : accounts_) {
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
  const boost::json::object bill{
      {"total_usd", total_.to_string()}, {"requests", requests_}, {"by_model", by_model}};
  return boost::json::serialize(bill);
}

}  // namespace baton::mock_api
