// Keeps a long tool loop within its context: the results of its oldest turns give way, each to a
// line that says so. What was asked and answered stays.
//
// It is done in strides, and so that a later turn of the same attempt clears what an earlier one
// did: each stride costs the cache what stands behind it once, and the turns after it read it
// again.
#pragma once

#include "base/tokens.h"
#include "prompt/prompt.h"

namespace baton {

// The prompt's own `most`, or four fifths of the model's window, whichever is less.
Tokens context_limit(const Prompt& prompt, Tokens window);

// Clears results until the prompt is at most `limit` by estimate, or nothing but its last two turns
// is left. How many bytes were cleared.
std::size_t clear_old_results(Prompt& prompt, Tokens limit, int tokenizer_percent = 100);

}  // namespace baton
