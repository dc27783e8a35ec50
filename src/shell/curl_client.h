// The HttpClient over libcurl: its multi interface on the loop's thread, HTTP/1.1 only.
//
// A request is written at most once. libcurl on its own sends a request again when a connection
// that it used before dies without an answer; the provider may have worked on (and billed) the
// first copy, so that second try is refused and the transfer ends as kBroken. What a request may
// have cost is thus decided by the caller alone.
//
// Proxies are taken from the environment as curl does (https_proxy, HTTPS_PROXY, http_proxy,
// all_proxy, no_proxy). Redirects are not followed: a key is sent only where it was meant to go.
#pragma once

#include <memory>
#include <string>

#include "base/time.h"
#include "shell/http_client.h"
#include "shell/loop.h"

namespace baton {

struct HttpOptions {
  Millis connect_timeout = Millis::seconds(10);
  // A response that sends no byte for so long (a ping is one) is given up. Told within an eighth.
  Millis silence_timeout = Millis::seconds(300);
  // PEM file of trusted certificates. Empty: CURL_CA_BUNDLE, SSL_CERT_FILE or Debian's bundle.
  std::string ca_bundle;
};

// Outlived by `loop`. Transfers in flight when it is destroyed are dropped without on_end.
std::unique_ptr<HttpClient> make_curl_client(Loop& loop, HttpOptions options = {});

}  // namespace baton
