// Reading JSON that was not written by us, parsed into memory that is used again for the next text.
// For the .cc files of provider/ only: it brings in the JSON library.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

// One per thread, by json_reader(). A value lives until the next read() of the same reader.
class JsonReader {
 public:
  JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  // Null, with `error()` set, if `text` is not one JSON value.
  const boost::json::value* read(std::string_view text);
  std::string error() const { return error_.message(); }

 private:
  // Most events fit in here; larger ones take from the heap until the next read.
  static constexpr std::size_t kBufferBytes = 8192;
  unsigned char buffer_[kBufferBytes];
  std::optional<boost::json::monotonic_resource> memory_;
  boost::json::parser parser_;
  std::optional<boost::json::value> value_;
  boost::json::error_code error_;
};

JsonReader& json_reader();

}  // namespace baton
