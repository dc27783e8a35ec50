// The parts of the curl client: what one transfer and one multi handle are. For curl_*.cc only.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "shell/http_client.h"
#include "shell/loop.h"
#include "shell/socket_poller.h"

namespace baton {

class CurlEngine;

// The headers of requests as libcurl takes them. Calls to one provider share one.
struct HeaderList {
  explicit HeaderList(std::vector<std::string> all);
  ~HeaderList() { curl_slist_free_all(list); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;

  std::vector<std::string> lines;
  curl_slist* list = nullptr;
};

struct CurlTransfer {
  TransferId id = 0;
  HttpRequest::Method method = HttpRequest::Method::kPost;
  std::string url;
  std::string body;
  std::shared_ptr<const HeaderList> request_headers;
  HttpHandlers handlers;

  CURL* easy = nullptr;          // null while it waits to be admitted
  CurlEngine* engine = nullptr;  // null likewise
  std::function<void()> on_resolved;
  std::chrono::steady_clock::time_point last_heard;

  int status = 0;
  HttpHeaders head;
  std::size_t head_bytes = 0;
  bool head_done = false;
  bool resolving = false;   // may hold a thread of libcurl's resolver
  bool sent = false;        // the request has been handed to a connection
  bool sent_twice = false;  // libcurl wanted to hand it to another one, and was kept from it
  bool cancelled = false;
  bool silent = false;  // given up for silence
  char error[CURL_ERROR_SIZE] = {};

  TransferEnd end_of(CURLcode result) const;
};

// One multi handle with its timer. libcurl searches its connections to a host one by one, so there
// are several: with 10,000 streams, engines of 500 save 30 us a stream against engines of 2,000,
// and smaller ones save nothing more. (Each parses the CA bundle once.)
class CurlEngine {
 public:
  CurlEngine(Loop& loop, SocketPoller& poller, std::function<void(CurlEngine&)> on_turn);
  ~CurlEngine();
  CurlEngine(const CurlEngine&) = delete;
  CurlEngine& operator=(const CurlEngine&) = delete;

  void add(CurlTransfer& transfer);
  void remove(CurlTransfer& transfer);
  void socket_ready(int fd, std::uint8_t ready);
  // The next transfer that has ended; null if there is none.
  CurlTransfer* take_ended(CURLcode& result);

  std::size_t transfers() const { return transfers_; }
  static constexpr std::size_t kMostTransfers = 500;

 private:
  struct Timer;
  static int on_timeout(CURLM*, long ms, void* engine);
  static int on_socket(CURL*, curl_socket_t fd, int what, void* engine, void*);
  void set_timeout(long ms);

  CURLM* multi_;
  SocketPoller& poller_;
  std::size_t transfers_ = 0;
  std::shared_ptr<Timer> timer_;
};

// An easy handle with everything that is the same for all transfers.
CURL* new_easy_handle(const std::string& ca_bundle, Millis connect_timeout, CURLSH* share,
                      SocketPoller& poller);
// What is a transfer's own. Requires: `transfer.easy` and what it points to live until it is
// removed.
void prepare(CurlTransfer& transfer);

}  // namespace baton
