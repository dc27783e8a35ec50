// The keys of worker and skill files that are known and not used here, each with the reason people
// are told.
#pragma once

#include <string_view>

namespace baton {

// Empty: the key is used, or not known at all.
std::string_view why_worker_key_is_unused(std::string_view key);
std::string_view why_skill_key_is_unused(std::string_view key);

}  // namespace baton
