// The data files built into the program (prices, checkers, workflows), found by their path from the
// project's root: embedded_file("catalog/models.toml").
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace baton {

// Empty if no such file was built in.
std::optional<std::string_view> embedded_file(std::string_view path);
// The paths that begin with `folder`, sorted: embedded_files("checkers/").
std::vector<std::string_view> embedded_files(std::string_view folder);

}  // namespace baton
