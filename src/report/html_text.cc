#include "report/html_text.h"

#include <openssl/evp.h>

#include <array>
#include <boost/json.hpp>

#include "base/hash.h"
#include "report/layout.h"

namespace baton {

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string html_json(const boost::json::value& value) {
  std::string out;
  // '<' can only stand in a string of it, where an escape means the same.
  for (const char c : boost::json::serialize(value)) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string csp_hash(std::string_view content) {
  const Sha256 hash = sha256(content);
  std::array<unsigned char, 4 * ((sizeof hash + 2) / 3) + 1> text{};
  const int length = EVP_EncodeBlock(text.data(), hash.data(), static_cast<int>(hash.size()));
  return "'sha256-" + std::string(text.begin(), text.begin() + length) + "'";
}

}  // namespace baton
