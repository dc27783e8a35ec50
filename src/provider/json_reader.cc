#include "provider/json_reader.h"

namespace baton {

namespace json = boost::json;

JsonReader::JsonReader() = default;

const json::value* JsonReader::read(std::string_view text) {
  value_.reset();
  parser_.reset();  // a parse that failed has left values in memory_
  // Made anew instead of released: release() keeps the block size, which doubles with every block
  // ever taken, until no heap can give one.
  memory_.emplace(buffer_, kBufferBytes);
  parser_.reset(&*memory_);
  error_ = {};
  parser_.write(text, error_);
  if (error_) return nullptr;
  value_.emplace(parser_.release());
  return &*value_;
}

JsonReader& json_reader() {
  thread_local JsonReader reader;
  return reader;
}

}  // namespace baton
