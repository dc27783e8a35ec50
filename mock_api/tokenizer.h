// A stand-in for the models' tokenizers: a fixed number of bytes per token, so that anyone can
// recompute a count. No text has more tokens than bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mock_api/models.h"

namespace baton::mock_api {

// Four bytes a token, rounded up; the newer tokenizers give 30 % more.
std::int64_t tokens_in(const Model& model, std::size_t bytes);

// The longest text, in bytes, that has at most `tokens` tokens (within one token).
std::size_t bytes_within(const Model& model, std::int64_t tokens);

}  // namespace baton::mock_api
