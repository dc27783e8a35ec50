// Which parts of a prompt are worth a place in the provider's cache. A write costs more than plain
// input and a read much less, so a mark pays only if enough calls come back to it; and what is
// shorter than the model's minimum is not cached, mark or no mark.
#pragma once

#include <optional>

#include "catalog/catalog.h"
#include "prompt/prompt.h"

namespace baton {

// Whether `uses` calls that share a prefix are cheaper with one write and reads than without.
bool cache_pays(const PriceStep& price, CacheTtl ttl, int uses);

// The cheapest life that outlasts the gap between two uses, with a fifth to spare, since gaps are
// guesses; none: the entry would be gone.
std::optional<CacheTtl> ttl_for(Millis gap);

// Keeps the marks that pay and takes the others away. A prompt with tools is a loop: what was its
// own becomes the prefix of its next turn, so its tail is marked, and with it the end of the turn
// before, where the last mark stood: a turn of many blocks would otherwise put it out of the
// provider's look-back of 20 positions. The prompt's `ttl` is set by its `gap`.
void settle_cache_marks(Prompt& prompt, const Model& model, const PriceSheet& sheet);

}  // namespace baton
