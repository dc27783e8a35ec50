#include "app/store.h"

#include <fmt/format.h>

#include <cstdlib>

#include "app/settings.h"
#include "app/spend_options.h"
#include "base/hash.h"
#include "store/postgres_journal.h"
#include "store/sqlite_journal.h"

namespace baton {

namespace {

// The provider's limits are those of a key at a host. Its hash tells neither.
std::string pacing_scope() {
  const Result<Endpoint> where = endpoint();
  if (!where) return {};
  const std::string all = fmt::format("{}\n{}\n{}", where->base_url, where->credentials.api_key,
                                      where->credentials.auth_token);
  return sha256_hex(all).substr(0, 32);
}

}  // namespace

Result<StorePlace> store_place(const StoreOptions& options) {
  Result<std::filesystem::path> state = state_folder(options.state);
  if (!state) return state.error();
  StorePlace place{std::move(*state), options.store};
  const char* set = std::getenv("BATON_STORE");
  const bool from_environment = place.url.empty() && set != nullptr;
  if (from_environment) place.url = set;
  if (place.url.empty() || is_postgres_url(place.url)) return place;
  return usage_error(
      fmt::format("{}: expected postgresql://USER@HOST/DATABASE (docs/fleet.md); without it, runs "
                  "are journaled in the state folder",
                  from_environment ? "BATON_STORE" : "--store"));
}

Result<std::unique_ptr<Journal>> open_store(const StorePlace& place,
                                            std::function<void(std::function<void()>)> post,
                                            const StoreTerms& terms) {
  if (!place.is_shared()) return open_sqlite_journal(place.state, std::move(post));
  PostgresOptions options;
  options.lease = terms.lease;
  options.heartbeat = Millis(terms.lease.count() / 5);
  options.outage = terms.outage;
  options.hung_after = terms.hung_after;
  options.pacing_scope = pacing_scope();
  // Looking at runs makes no state folder.
  std::error_code unknown;
  if (std::filesystem::exists(place.state, unknown)) options.evidence = place.state / "stores";
  return open_postgres_journal(place.url, std::move(options), std::move(post));
}

// USER:PASSWORD@ ends at the last '@' before the path.
std::string without_passwords(std::string_view text) {
  std::string shown;
  while (true) {
    const std::size_t scheme = text.find("://");
    if (scheme == text.npos) return shown.append(text);
    const std::size_t begin = scheme + 3;
    shown.append(text.substr(0, begin));
    text.remove_prefix(begin);
    const std::string_view authority = text.substr(0, text.find_first_of(" \t\r\n"));
    const std::size_t at = authority.rfind('@');
    const std::size_t colon = authority.find(':');
    if (at == text.npos || colon > at) continue;
    shown.append(text.substr(0, colon)).append(":***");
    text.remove_prefix(at);
  }
}

}  // namespace baton
