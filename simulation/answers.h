// Answers: what the provider's bytes look like, written by hand and apart from the reader of them.
#pragma once

#include <string>
#include <string_view>

#include "catalog/usage.h"

namespace baton::sim {

struct Answer {
  std::string model;
  std::string text;
  bool asks_for_tools = false;
  std::string_view stop = "end_turn";
  Usage usage;
  bool tells_usage = true;
};

std::string as_stream(const Answer& answer);
std::string as_message(const Answer& answer);  // whole, as in a batch's results
std::string error_body(std::string_view type, std::string_view message);

}  // namespace baton::sim
