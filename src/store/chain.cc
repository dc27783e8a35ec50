#include "store/chain.h"

#include <string>

namespace baton {

Sha256 chained(const Sha256& previous, std::string_view type, std::string_view body) {
  thread_local std::string link;
  link.assign(bytes_of(previous));
  link.append(type);
  link.push_back('\0');
  link.append(body);
  return sha256(link);
}

}  // namespace baton
