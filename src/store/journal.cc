#include "store/journal.h"

#include "base/hash.h"

namespace baton {

Blob make_blob(std::string text) {
  BlobId id = sha256_hex(text);
  return {std::move(id), std::move(text)};
}

}  // namespace baton
