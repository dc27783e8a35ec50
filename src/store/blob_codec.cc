#include "store/blob_codec.h"

#include <fmt/format.h>
#include <zstd.h>

namespace baton {
namespace {

// Below this, what zstd saves (a few hundred bytes of a database page) does not pay for the time.
constexpr std::size_t kWorthCompressing = 1024;
// Texts are written once and seldom read: the fastest level already halves source code and JSON.
constexpr int kLevel = 1;
// SQLite stores no longer value, so a larger size is not one that was ever written.
constexpr std::int64_t kLongestText = 1'000'000'000;

}  // namespace

struct Compressor::Context {
  ZSTD_CCtx* zstd = ZSTD_createCCtx();
  std::string buffer;
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { ZSTD_freeCCtx(zstd); }
};

Compressor::Compressor() : context_(std::make_unique<Context>()) {}
Compressor::~Compressor() = default;

StoredText Compressor::compress(std::string_view text) {
  if (text.size() < kWorthCompressing) return {Coding::kPlain, text};
  std::string& buffer = context_->buffer;
  const std::size_t bound = ZSTD_compressBound(text.size());
  if (buffer.size() < bound) buffer.resize(bound);
  const std::size_t size = ZSTD_compressCCtx(context_->zstd, buffer.data(), buffer.size(),
                                             text.data(), text.size(), kLevel);
  if (ZSTD_isError(size) != 0 || size >= text.size()) return {Coding::kPlain, text};
  return {Coding::kZstd, std::string_view(buffer).substr(0, size)};
}

Result<std::string> decompress(std::int64_t coding, std::string_view bytes, std::int64_t size) {
  if (size < 0 || size > kLongestText) {
    return input_error(fmt::format("its recorded size is {} bytes, which cannot be", size));
  }
  const auto expected = static_cast<std::size_t>(size);
  switch (static_cast<Coding>(coding)) {
    case Coding::kPlain:
      if (bytes.size() != expected) {
        return input_error(fmt::format("it has {} bytes of {}", bytes.size(), size));
      }
      return std::string(bytes);
    case Coding::kZstd:
      // Asked before the memory is taken: a damaged size must not cost a gigabyte.
      if (ZSTD_getFrameContentSize(bytes.data(), bytes.size()) != expected) {
        return input_error("its compressed form is damaged");
      }
      std::string text(expected, '\0');
      if (ZSTD_decompress(text.data(), text.size(), bytes.data(), bytes.size()) != expected) {
        return input_error("its compressed form is damaged");
      }
      return text;
  }
  return input_error(
      fmt::format("it is stored in a way (coding {}) this version does not know", coding));
}

}  // namespace baton
