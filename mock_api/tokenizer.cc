#include "mock_api/tokenizer.h"

#include <algorithm>

namespace baton::mock_api {

std::int64_t tokens_in(const Model& model, std::size_t bytes) {
  const auto length = static_cast<std::int64_t>(bytes);
  const std::int64_t quarter = (length + 3) / 4;
  if (!model.new_tokenizer) return quarter;
  return std::min(length, (quarter * 13 + 9) / 10);
}

std::size_t bytes_within(const Model& model, std::int64_t tokens) {
  if (tokens <= 0) return 0;
  const std::int64_t quarters = model.new_tokenizer ? tokens * 10 / 13 : tokens;
  return static_cast<std::size_t>(std::max(tokens, quarters * 4));
}

}  // namespace baton::mock_api
