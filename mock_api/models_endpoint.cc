#include "mock_api/models_endpoint.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "mock_api/models.h"
#include "mock_api/paging.h"

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
       {{"batch", supported(true)},
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

}  // namespace

std::variant<std::string, ApiError> list_models(std::string_view query) {
  const std::vector<Model>& models = all_models();
  const auto place_of = [&](std::string_view id) {
    const Model* model = find_model(id);
    return model == nullptr ? models.size() : static_cast<std::size_t>(model - models.data());
  };
  const auto found = page_of(query, models.size(), place_of);
  if (const ApiError* error = std::get_if<ApiError>(&found)) return *error;
  const Page& page = std::get<Page>(found);
  std::vector<std::string> items;
  std::vector<std::string> ids;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    items.push_back(json::serialize(describe(models[i])));
    ids.emplace_back(models[i].snapshot());
  }
  return page_json(items, ids, page.has_more);
}

std::variant<std::string, ApiError> show_model(std::string_view id) {
  const Model* model = find_model(id);
  if (model != nullptr) return json::serialize(describe(*model));
  return ApiError{
      .status = 404, .type = "not_found_error", .message = fmt::format("model: {}", id)};
}

}  // namespace baton::mock_api
