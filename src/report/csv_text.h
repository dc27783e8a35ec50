// Text made safe to stand in CSV.
#pragma once

#include <string>
#include <vector>

namespace baton {

// One line of CSV by RFC 4180, its end included. Text from outside does nothing in it: it is one
// line without control characters, and a spreadsheet takes no cell for a formula.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace baton
