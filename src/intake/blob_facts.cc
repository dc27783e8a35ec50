#include "intake/blob_facts.h"

#include <cstring>

namespace baton {
namespace {

template <typename Number>
void put(std::string& out, Number number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint16_t>(text.size()));
  out += text;
}

// Reads until something is missing; then everything reads as zero.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <typename Number>
  Number number() {
    Number number{};
    const std::string_view bytes = take(sizeof number);
    if (ok_) std::memcpy(&number, bytes.data(), sizeof number);
    return number;
  }
  std::string_view text() { return take(number<std::uint16_t>()); }
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::string encode(const BlobFacts& facts) {
  std::string out;
  out.reserve(64 + facts.symbols.size() * 40 + facts.names.size() * sizeof(NameHash));
  put(out, facts.kind);
  put(out, facts.bytes);
  put(out, facts.lines);
  put(out, static_cast<std::uint32_t>(facts.symbols.size()));
  for (const Symbol& symbol : facts.symbols) {
    put_text(out, symbol.name);
    put_text(out, symbol.kind);
    put(out, symbol.lines.first);
    put(out, symbol.lines.last);
  }
  put(out, static_cast<std::uint32_t>(facts.names.size()));
  for (const NameHash name : facts.names) put(out, name);
  return out;
}

std::optional<BlobFacts> decode_blob_facts(std::string_view bytes) {
  Reader in(bytes);
  BlobFacts facts;
  facts.kind = in.number<BlobFacts::Kind>();
  if (facts.kind > BlobFacts::Kind::kBinary) return std::nullopt;
  facts.bytes = in.number<std::int64_t>();
  facts.lines = in.number<std::int64_t>();
  for (auto left = in.number<std::uint32_t>(); left > 0 && in.ok(); --left) {
    Symbol& symbol = facts.symbols.emplace_back();
    symbol.name = in.text();
    symbol.kind = in.text();
    symbol.lines.first = in.number<int>();
    symbol.lines.last = in.number<int>();
  }
  const std::size_t count = in.number<std::uint32_t>();
  const std::string_view names = in.take(count * sizeof(NameHash));
  if (!in.ok() || !in.at_end()) return std::nullopt;
  facts.names.resize(count);
  if (count > 0) std::memcpy(facts.names.data(), names.data(), names.size());
  return facts;
}

}  // namespace baton
