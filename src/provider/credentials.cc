#include "provider/credentials.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/text.h"

namespace baton {
namespace {

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

bool is_header_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 || byte == '\t') && byte != 0x7F;
  });
}

bool is_header_name(std::string_view name) {
  constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPunctuation.find(c) != kPunctuation.npos;
  });
}

std::string name_of(std::string_view header) {
  return lowered(header.substr(0, header.find(':')));
}

// "host", "127.0.0.1", "::1" of "https://host:port/path"; empty if there is none.
std::string_view host_of(std::string_view url) {
  std::string_view authority = url.substr(url.find("://") + 3);
  authority = authority.substr(0, authority.find('/'));
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    return close == authority.npos ? std::string_view() : authority.substr(1, close - 1);
  }
  return authority.substr(0, authority.find(':'));
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  in_addr address{};
  return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24) == 127;
}

Error bad_base_url(std::string_view why) {
  // Not quoted: people do put passwords into URLs.
  return usage_error(
      fmt::format("ANTHROPIC_BASE_URL {}; expected something like https://api.anthropic.com", why));
}

Result<std::string> checked_base_url(std::string_view text) {
  std::string url(trimmed(text));
  while (url.ends_with('/')) url.pop_back();
  const bool plain =
      std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!plain) return bad_base_url("has a character that no URL has");
  const std::size_t scheme_end = url.find("://");
  const std::string scheme = lowered(std::string_view(url).substr(0, scheme_end));
  if (scheme_end == url.npos || (scheme != "https" && scheme != "http")) {
    return bad_base_url("is not an http:// or https:// URL");
  }
  if (host_of(url).empty()) return bad_base_url("names no host");
  if (url.find_first_of("?#\\") != url.npos) return bad_base_url("has a query or a fragment");
  const std::string_view rest = std::string_view(url).substr(scheme_end + 3);
  if (rest.substr(0, rest.find('/')).find('@') != rest.npos) {
    return bad_base_url("has credentials in it; put them into ANTHROPIC_AUTH_TOKEN");
  }
  return scheme + url.substr(scheme_end);
}

Result<std::string> checked_secret(const char* name, const std::optional<std::string>& text) {
  const std::string value(trimmed(text.value_or("")));
  // Bytes beyond ASCII are not refused by HTTP but are in no key: a sign of a bad copy.
  const bool usable =
      std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!usable) {
    return usage_error(fmt::format(
        "{} has a line break, a space or another character that no key has; set it again", name));
  }
  return value;
}

Result<std::vector<std::string>> checked_headers(const std::string& text) {
  // These say where a request ends; set from outside they would break it.
  constexpr std::string_view kOurs[] = {"content-length", "transfer-encoding", "expect",
                                        "connection"};
  std::vector<std::string> headers;
  std::size_t number = 0;
  for (const std::string_view line : split_lines(text)) {
    ++number;
    if (trimmed(line).empty()) continue;
    const auto bad = [&](std::string_view why) {
      return usage_error(fmt::format(
          "ANTHROPIC_CUSTOM_HEADERS, line {}: {}; expected lines of 'Name: value'", number, why));
    };
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return bad("there is no colon");
    const std::string name = lowered(trimmed(line.substr(0, colon)));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_header_name(name)) return bad("that is no header name");
    if (!is_header_value(value)) return bad("the value has a control character");
    if (std::find(std::begin(kOurs), std::end(kOurs), name) != std::end(kOurs)) {
      return bad("'" + name + "' cannot be set from outside");
    }
    headers.push_back(fmt::format("{}: {}", name, value));
  }
  return headers;
}

}  // namespace

Result<Endpoint> endpoint_from_environment(const Environment& environment) {
  Endpoint endpoint;
  Result<std::string> key = checked_secret("ANTHROPIC_API_KEY", environment("ANTHROPIC_API_KEY"));
  if (!key) return key.error();
  Result<std::string> token =
      checked_secret("ANTHROPIC_AUTH_TOKEN", environment("ANTHROPIC_AUTH_TOKEN"));
  if (!token) return token.error();
  endpoint.credentials = {.api_key = std::move(*key), .auth_token = std::move(*token)};

  const std::string base_url = environment("ANTHROPIC_BASE_URL").value_or("");
  if (!trimmed(base_url).empty()) {
    Result<std::string> url = checked_base_url(base_url);
    if (!url) return url.error();
    endpoint.base_url = std::move(*url);
  }
  Result<std::vector<std::string>> headers =
      checked_headers(environment("ANTHROPIC_CUSTOM_HEADERS").value_or(""));
  if (!headers) return headers.error();
  endpoint.extra_headers = std::move(*headers);

  const bool has_secrets = !endpoint.credentials.empty() || !endpoint.extra_headers.empty();
  if (has_secrets && endpoint.base_url.starts_with("http://") &&
      !is_loopback(host_of(endpoint.base_url))) {
    return usage_error(fmt::format(
        "ANTHROPIC_BASE_URL is http:// and would send your key in clear text to {}; use https://, "
        "or unset the key and ANTHROPIC_CUSTOM_HEADERS",
        host_of(endpoint.base_url)));
  }
  return endpoint;
}

std::vector<std::string> messages_headers(const Credentials& credentials) {
  std::vector<std::string> headers = {"content-type: application/json", "accept: application/json",
                                      "anthropic-version: 2023-06-01"};
  if (!credentials.api_key.empty()) {
    headers.push_back("x-api-key: " + credentials.api_key);
  } else if (!credentials.auth_token.empty()) {
    headers.push_back("authorization: Bearer " + credentials.auth_token);
  }
  return headers;
}

std::vector<std::string> messages_headers(const Endpoint& endpoint) {
  std::vector<std::string> headers = messages_headers(endpoint.credentials);
  for (const std::string& extra : endpoint.extra_headers) {
    std::erase_if(headers,
                  [&](const std::string& ours) { return name_of(ours) == name_of(extra); });
  }
  headers.insert(headers.end(), endpoint.extra_headers.begin(), endpoint.extra_headers.end());
  return headers;
}

}  // namespace baton
