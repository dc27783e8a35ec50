#include "mock_api/respond.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/json_fields.h"
#include "mock_api/answer_maker.h"
#include "mock_api/tokenizer.h"

namespace baton::mock_api {
namespace {

constexpr std::int64_t kThinkingTokens = 16;  // what a model that thinks spends on it here

std::int64_t wanted_tokens(const Question& question, const Options& options) {
  const bool scripted = question.scripted != nullptr && question.scripted->output_tokens > 0;
  return scripted ? question.scripted->output_tokens : options.output_tokens;
}

}  // namespace

Response respond(const Question& question, const Usage& prompt, const Options& options) {
  const Model& model = question.model;
  const std::int64_t max_tokens = integer_at(question.body, "max_tokens").value_or(0);
  Response response{
      .head = {.model = model.snapshot(),
               .usage = prompt,
               .us_geography = text_at(question.body, "inference_geo") == "us",
               .fast = text_at(question.body, "speed") == "fast" && has_fast_mode(model)}};
  Usage& usage = response.head.usage;
  if (thinks(question.body, model) && max_tokens > kThinkingTokens) {
    usage.thinking = kThinkingTokens;
  }
  const std::int64_t room = max_tokens - usage.thinking;
  Answer said = make_answer(question.body, question.scripted, options, question.seed);
  const std::int64_t wanted = wanted_tokens(question, options);
  if (wanted > 0 && said.stop_reason != "refusal") {
    const std::int64_t spoken = std::max<std::int64_t>(1, wanted - usage.thinking);
    said = sized(std::move(said), question.body, model, spoken);
  }
  said = limited(std::move(said), question.body, model, room, options);
  usage.output = std::min(max_tokens, usage.thinking + said.counted(model));
  response.said = std::move(said);
  const bool refused_at_once = response.said.stop_reason == "refusal" && response.said.text.empty();
  if (refused_at_once) usage = {};
  return response;
}

}  // namespace baton::mock_api
