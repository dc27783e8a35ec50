#include "base/hash.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace baton {
namespace {

// Fetched once: looking the algorithm up by name costs more than hashing a small event.
const EVP_MD* algorithm() {
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return kAlgorithm;
}

struct Context {
  EVP_MD_CTX* handle = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(handle); }
};

}  // namespace

Sha256 sha256(std::string_view bytes) {
  thread_local Context context;
  Sha256 hash{};
  BATON_CHECK(EVP_DigestInit_ex2(context.handle, algorithm(), nullptr) == 1);
  BATON_CHECK(EVP_DigestUpdate(context.handle, bytes.data(), bytes.size()) == 1);
  BATON_CHECK(EVP_DigestFinal_ex(context.handle, hash.data(), nullptr) == 1);
  return hash;
}

std::string to_hex(const Sha256& hash) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(hash.size() * 2);
  for (const unsigned char byte : hash) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  return to_hex(sha256(bytes));
}

}  // namespace baton
