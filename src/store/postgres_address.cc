#include "store/postgres_address.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/text.h"

namespace baton {
namespace {

constexpr std::string_view kSchemes[] = {"postgresql://", "postgres://"};

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

bool is_secret(std::string_view keyword) {
  return keyword == "password" || keyword == "sslpassword";
}

// The password as the URL spells it: with its percent signs. Empty: there is none.
std::string_view raw_password(std::string_view url) {
  std::string_view rest = url.substr(url.find("://") + 3);
  rest = rest.substr(0, rest.find('/'));
  const std::size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return {};
  rest = rest.substr(0, at);
  const std::size_t colon = rest.find(':');
  return colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
}

std::string url_of(const std::map<std::string, std::string>& options) {
  const auto value = [&](const char* name) {
    const auto found = options.find(name);
    return found == options.end() ? std::string() : found->second;
  };
  const std::string user = value("user").empty() ? "" : value("user") + "@";
  const std::string port = value("port").empty() ? "" : ":" + value("port");
  return for_terminal(
      fmt::format("postgresql://{}{}{}/{}", user, value("host"), port, value("dbname")));
}

}  // namespace

bool PostgresAddress::is_one(std::string_view url) {
  return std::any_of(std::begin(kSchemes), std::end(kSchemes),
                     [&](std::string_view s) { return url.substr(0, s.size()) == s; });
}

Result<PostgresAddress> PostgresAddress::parse(std::string_view url) {
  // What libpq says of a wrong URL quotes from it, and so perhaps from the password.
  const Error wrong = usage_error(
      "the store's URL cannot be read: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
      "with '%40' for an '@' and '%3A' for a ':' in the password");
  if (!is_one(url) || url.find('\0') != std::string_view::npos) return wrong;

  PostgresAddress address;
  address.url_ = url;
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> parsed(
      PQconninfoParse(address.url_.c_str(), &complaint));
  PQfreemem(complaint);
  if (!parsed) return wrong;

  std::map<std::string, std::string> options;
  for (const PQconninfoOption* o = parsed.get(); o->keyword != nullptr; ++o) {
    if (o->val == nullptr || *o->val == '\0') continue;
    if (is_secret(o->keyword)) {
      address.secrets_.emplace_back(o->val);
    } else {
      options[o->keyword] = o->val;
    }
  }
  if (!address.secrets_.empty() && !raw_password(url).empty()) {
    address.secrets_.emplace_back(raw_password(url));
  }
  std::sort(address.secrets_.begin(), address.secrets_.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  address.shown_ = address.scrubbed(url_of(options));
  return address;
}

std::string PostgresAddress::scrubbed(std::string_view text) const {
  std::string line = for_terminal(text);
  for (const std::string& secret : secrets_) {
    for (std::size_t at = 0; (at = line.find(secret, at)) != std::string::npos; at += 3) {
      line.replace(at, secret.size(), "***");
    }
  }
  std::string joined;
  for (const std::string_view part : split_lines(line)) {
    if (part.empty()) continue;
    if (!joined.empty()) joined += "; ";
    joined += part.substr(std::min(part.find_first_not_of(" \t"), part.size()));
  }
  return joined;
}

}  // namespace baton
