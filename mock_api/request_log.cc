#include "mock_api/request_log.h"

#include <boost/json.hpp>

namespace baton::mock_api {

std::string requests_json(const std::vector<RequestRecord>& records) {
  boost::json::array list;
  list.reserve(records.size());
  for (const RequestRecord& record : records) {
    const Usage& usage = record.usage;
    list.emplace_back(boost::json::object{
        {"ordinal", record.ordinal},
        {"request_id", record.request_id},
        {"message_id", record.message_id},
        {"batch", !record.batch_id.empty()},
        {"batch_id", record.batch_id},
        {"custom_id", record.custom_id},
        {"model", record.model},
        {"status", record.status},
        {"charge_usd", record.charge.to_string()},
        {"usage",
         {{"input_tokens", usage.input},
          {"cache_creation_5m_input_tokens", usage.write_5m},
          {"cache_creation_1h_input_tokens", usage.write_1h},
          {"cache_read_input_tokens", usage.read},
          {"output_tokens", usage.output}}},
        {"body_sha256", record.body_sha256},
        {"retry_count", record.retry_count},
        {"started_ms", record.started.unix_ms()},
        {"ended_ms", record.ended.unix_ms()},
        {"streamed", record.streamed},
        {"cut", record.cut},
    });
  }
  return boost::json::serialize(list);
}

}  // namespace baton::mock_api
