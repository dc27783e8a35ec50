// How a text is stored: as it is, or compressed (zstd) where that is worth the while.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace baton {

enum class Coding : std::int64_t { kPlain = 0, kZstd = 1 };

struct StoredText {
  Coding coding = Coding::kPlain;
  std::string_view bytes;  // of the text itself or of the compressor: until its next call
};

// One thread at a time; its working memory is used again from text to text.
class Compressor {
 public:
  Compressor();
  ~Compressor();
  StoredText compress(std::string_view text);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// kInput if the bytes are not `size` bytes of text in that coding.
Result<std::string> decompress(std::int64_t coding, std::string_view bytes, std::int64_t size);

}  // namespace baton
