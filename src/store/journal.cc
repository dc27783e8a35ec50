#include "store/journal.h"

#include "base/hash.h"

namespace baton {

Blob make_blob(std::string text) {
  BlobId id = sha256_hex(text);
  return {std::move(id), std::move(text)};
}

std::string_view to_string(DamageKind kind) {
  switch (kind) {
    case DamageKind::kBroken:
      return "broken";
    case DamageKind::kLostTail:
      return "lost_tail";
    case DamageKind::kHead:
      return "head";
    case DamageKind::kContradiction:
      return "contradiction";
  }
  return {};
}

}  // namespace baton
