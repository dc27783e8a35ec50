// damage: a file in the state folder that says that the journal beside it was found damaged. While
// it is there the journal is only read, by this process and every other; only a repair takes it
// away.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace baton {

// Durable when it returns. What is marked already stays: the first finding is the one to look at.
Status mark_damaged(const std::filesystem::path& folder, std::string_view what);
// What was found; none: no damage is known of.
std::optional<std::string> damage_mark(const std::filesystem::path& folder);
Status clear_damage_mark(const std::filesystem::path& folder);

// kStorage: what is to be done about it.
Error only_read(const std::filesystem::path& folder, std::string_view what);

}  // namespace baton
