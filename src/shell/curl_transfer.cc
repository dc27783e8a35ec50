#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

#include "base/ascii.h"
#include "shell/curl_engine.h"

namespace baton {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostHeadBytes = 64u << 10;
constexpr std::size_t kRefused = 0;  // what a libcurl callback returns to end its transfer

// "api.anthropic.com:443": what a message may show of a URL.
std::string_view authority_of(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t at = url.rfind('@'); at != url.npos) url.remove_prefix(at + 1);
  return url;
}

// "HTTP/1.1 200 OK" -> 200; 0 if it is none.
int status_in(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == line.npos) return 0;
  int status = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
  return status;
}

void add_header(HttpHeaders& head, std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return;
  std::string name(line.substr(0, colon));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  head.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
}

// An answer that begins shows that the request was read, but not that it was read to its end.
void free_sent_body(CurlTransfer& transfer) {
  curl_off_t uploaded = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
  if (static_cast<std::size_t>(uploaded) >= transfer.body.size()) std::string().swap(transfer.body);
}

void mark_resolved(CurlTransfer& transfer) {
  if (std::exchange(transfer.resolving, false)) transfer.on_resolved();
}

std::size_t on_header(char* bytes, std::size_t, std::size_t length, void* data) {
  auto& transfer = *static_cast<CurlTransfer*>(data);
  transfer.last_heard = Clock::now();
  transfer.head_bytes += length;
  if (transfer.head_bytes > kMostHeadBytes) return kRefused;
  if (transfer.head_done) return length;  // trailers say nothing to us
  const std::string_view line(bytes, length);
  if (line.starts_with("HTTP/")) {
    transfer.status = status_in(line);
    transfer.head.clear();
  } else if (!trimmed(line).empty()) {
    add_header(transfer.head, line);
  } else if (transfer.status >= 200) {  // below it is an interim head, and the real one follows
    transfer.head_done = true;
    free_sent_body(transfer);
    if (!transfer.cancelled && transfer.handlers.on_head) {
      transfer.handlers.on_head(transfer.status, transfer.head);
    }
    HttpHeaders().swap(transfer.head);
  }
  return length;
}

std::size_t on_bytes(char* bytes, std::size_t, std::size_t length, void* data) {
  auto& transfer = *static_cast<CurlTransfer*>(data);
  transfer.last_heard = Clock::now();
  if (!transfer.cancelled && transfer.handlers.on_body) {
    transfer.handlers.on_body(std::string_view(bytes, length));
  }
  return length;
}

// Called each time libcurl is about to write the request to a connection that is ready for it:
// before the first call nothing has been sent, and a second one is libcurl's own retry.
int on_send(void* data, char*, char*, int, int) {
  auto& transfer = *static_cast<CurlTransfer*>(data);
  mark_resolved(transfer);
  if (transfer.sent) {
    transfer.sent_twice = true;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer.sent = true;
  transfer.last_heard = Clock::now();
  return CURL_PREREQFUNC_OK;
}

curl_socket_t on_open_socket(void* data, curlsocktype, curl_sockaddr* address) {
  mark_resolved(*static_cast<CurlTransfer*>(data));
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int on_close_socket(void* poller, curl_socket_t fd) {
  static_cast<SocketPoller*>(poller)->forget(fd);
  return close(fd);
}

}  // namespace

HeaderList::HeaderList(std::vector<std::string> all) : lines(std::move(all)) {
  for (const std::string& line : lines) list = curl_slist_append(list, line.c_str());
  list = curl_slist_append(list, "Expect:");  // no waiting for a "100 Continue"
}

TransferEnd CurlTransfer::end_of(CURLcode result) const {
  using Kind = TransferEnd::Kind;
  if (cancelled) return {.kind = Kind::kCancelled, .message = "", .nothing_sent = !sent};
  if (result == CURLE_OK && head_done) return {};
  std::string why = error[0] != '\0' ? error : curl_easy_strerror(result);
  if (sent_twice) why = "the connection was closed before an answer came";
  if (head_bytes > kMostHeadBytes) why = "the head of the answer is too large";
  if (silent) why = "nothing came for too long";
  if (!sent) {
    return {.kind = Kind::kNeverSent,
            .message = fmt::format("connecting to {}: {}", authority_of(url), why)};
  }
  return {.kind = Kind::kBroken,
          .message = fmt::format("waiting for {}: {}", authority_of(url), why)};
}

CURL* new_easy_handle(const std::string& ca_bundle, Millis connect_timeout, CURLSH* share,
                      SocketPoller& poller) {
  CURL* easy = curl_easy_init();
  if (easy == nullptr) return nullptr;
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A transfer that is given up does not wait for the name it was looking up.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  // Several requests on one HTTP/2 connection stall with libcurl 7.88.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "baton");
  // Small, for each stream keeps one of its own; events are smaller still.
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 1024L);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
  // With Debian's directory of certificates libcurl would parse them for each connection.
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAINFO, ca_bundle.c_str());
  curl_easy_setopt(easy, CURLOPT_SHARE, share);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  // The longer a connection has been idle, the likelier its server closes it under a new request.
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, 60L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_bytes);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &on_send);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &on_open_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &on_close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &poller);
  return easy;
}

void prepare(CurlTransfer& transfer) {
  CURL* easy = transfer.easy;
  curl_easy_setopt(easy, CURLOPT_URL, transfer.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.request_headers->list);
  if (transfer.method == HttpRequest::Method::kGet) {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(transfer.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer.body.data());
  }
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
}

}  // namespace baton
