#include "mock_api/models_endpoint.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "mock_api/models.h"

namespace baton::mock_api {
namespace {

namespace json = boost::json;

json::object supported(bool yes) {
  return {{"supported", yes}};
}

json::object describe(const Model& model) {
  const ThinkingModes& modes = model.thinking;
  const bool thinks = modes.adaptive || modes.enabled;
  json::object effort = supported(!model.prefill);
  for (const char* level : {"low", "medium", "high", "xhigh", "max"}) {
    effort[level] = supported(!model.prefill);
  }
  return {
      {"id", model.snapshot()},
      {"type", "model"},
      {"display_name", model.display_name},
      {"created_at", fmt::format("{}T00:00:00Z", model.created)},
      {"max_input_tokens", model.context},
      {"max_tokens", model.max_output},
      {"lifecycle", "active"},
      {"deprecated_at", nullptr},
      {"retires_at", nullptr},
      {"line", model.line},
      {"capabilities",
       {{"batch", supported(false)},
        {"citations", supported(false)},
        {"code_execution", supported(false)},
        {"context_management", supported(false)},
        {"effort", effort},
        {"image_input", supported(true)},
        {"pdf_input", supported(true)},
        {"server_tools", supported(false)},
        {"structured_outputs", supported(true)},
        {"thinking",
         {{"supported", thinks},
          {"types",
           {{"adaptive", supported(modes.adaptive)},
            {"between_tools", supported(modes.between_tools)},
            {"disabled", supported(modes.disabled)},
            {"enabled", supported(modes.enabled)}}}}}}},
  };
}

std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), item.size() + 1));
    if (item.substr(0, item.find('=')) == name && item.size() > name.size()) {
      return item.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace

std::variant<std::string, ApiError> list_models(std::string_view query) {
  std::size_t limit = 20;
  if (const std::string_view text = parameter(query, "limit"); !text.empty()) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (failed != std::errc() || end != text.data() + text.size() || limit < 1 || limit > 1'000) {
      return invalid("limit: Input should be between 1 and 1000");
    }
  }
  const std::vector<Model>& models = all_models();
  const auto place_of = [&](std::string_view id) {
    const Model* model = find_model(id);
    return model == nullptr ? models.size() : static_cast<std::size_t>(model - models.data());
  };
  std::size_t begin = 0;
  std::size_t end = models.size();
  if (const std::string_view after = parameter(query, "after_id"); !after.empty()) {
    begin = std::min(models.size(), place_of(after) + 1);
  }
  if (const std::string_view before = parameter(query, "before_id"); !before.empty()) {
    end = place_of(before);
    begin = end > limit ? end - limit : 0;
  }
  const std::size_t stop = std::min(end, begin + limit);
  json::array data;
  for (std::size_t i = begin; i < stop; ++i) data.emplace_back(describe(models[i]));
  json::object page{
      {"has_more", stop < models.size()}, {"first_id", nullptr}, {"last_id", nullptr}};
  if (!data.empty()) {
    page["first_id"] = models[begin].snapshot();
    page["last_id"] = models[stop - 1].snapshot();
  }
  page["data"] = std::move(data);
  return json::serialize(page);
}

std::variant<std::string, ApiError> show_model(std::string_view id) {
  const Model* model = find_model(id);
  if (model != nullptr) return json::serialize(describe(*model));
  return ApiError{
      .status = 404, .type = "not_found_error", .message = fmt::format("model: {}", id)};
}

}  // namespace baton::mock_api
