#include "shell/curl_client.h"

#include <cstdlib>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "base/check.h"
#include "shell/curl_engine.h"

namespace baton {
namespace {

using Clock = std::chrono::steady_clock;

// Each name that is being looked up holds a thread of libcurl's; the first answer is then cached.
constexpr std::size_t kMostResolving = 32;
constexpr std::size_t kMostIdleHandles = 256;

std::string default_ca_bundle() {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* path = std::getenv(name);
    if (path != nullptr && *path != '\0') return path;
  }
  return "/etc/ssl/certs/ca-certificates.crt";
}

void start_libcurl_once() {
  static std::once_flag once;
  std::call_once(once, [] { BATON_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

class CurlClient final : public HttpClient {
 public:
  CurlClient(Loop& loop, HttpOptions options);
  ~CurlClient() override;

  TransferId start(HttpRequest request, HttpHandlers handlers) override;
  void cancel(TransferId id) override;

 private:
  using Transfers = std::unordered_map<TransferId, std::unique_ptr<CurlTransfer>>;

  void post(void (CurlClient::*work)());
  void admit_soon();
  void admit();
  void admit(CurlTransfer& transfer);
  void end_ended(CurlEngine& engine);
  void finish(CurlTransfer& transfer, CURLcode result);
  void end_cancelled();
  void watch_silence();
  void end_silent();
  CurlEngine& engine_with_room();
  std::shared_ptr<const HeaderList> shared_headers(std::vector<std::string> headers);

  Loop& loop_;
  const HttpOptions options_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for work that is still posted
  CURLSH* share_;  // TLS sessions and names, across engines
  SocketPoller poller_;
  std::vector<std::unique_ptr<CurlEngine>> engines_;
  std::vector<CURL*> idle_handles_;
  std::shared_ptr<const HeaderList> last_headers_;

  Transfers transfers_;
  std::deque<TransferId> waiting_;
  std::vector<TransferId> cancelled_;
  TransferId last_id_ = 0;
  std::size_t resolving_ = 0;
  bool admission_posted_ = false;
  bool silence_watched_ = false;
};

CurlClient::CurlClient(Loop& loop, HttpOptions options)
    : loop_(loop),
      options_([&] {
        if (options.ca_bundle.empty()) options.ca_bundle = default_ca_bundle();
        return std::move(options);
      }()),
      share_(curl_share_init()),
      poller_(
          loop.context(),
          [](void* engine, int fd, std::uint8_t ready) {
            static_cast<CurlEngine*>(engine)->socket_ready(fd, ready);
          },
          [this] {
            for (std::size_t i = 0; i < engines_.size(); ++i) end_ended(*engines_[i]);
          }) {
  BATON_CHECK(share_ != nullptr);
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
}

CurlClient::~CurlClient() {
  *alive_ = false;
  for (auto& [id, transfer] : transfers_) {
    if (transfer->engine != nullptr) transfer->engine->remove(*transfer);
    if (transfer->easy != nullptr) curl_easy_cleanup(transfer->easy);
  }
  for (CURL* easy : idle_handles_) curl_easy_cleanup(easy);
  engines_.clear();
  curl_share_cleanup(share_);
}

TransferId CurlClient::start(HttpRequest request, HttpHandlers handlers) {
  auto transfer = std::make_unique<CurlTransfer>();
  const TransferId id = ++last_id_;
  transfer->id = id;
  transfer->method = request.method;
  transfer->url = std::move(request.url);
  transfer->body = std::move(request.body);
  transfer->request_headers = shared_headers(std::move(request.headers));
  transfer->handlers = std::move(handlers);
  transfers_.emplace(id, std::move(transfer));
  waiting_.push_back(id);
  admit_soon();
  return id;
}

void CurlClient::cancel(TransferId id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end() || std::exchange(found->second->cancelled, true)) return;
  cancelled_.push_back(id);
  // Not here: this may be called from inside a callback of libcurl, which forbids it.
  if (cancelled_.size() == 1) post(&CurlClient::end_cancelled);
}

void CurlClient::post(void (CurlClient::*work)()) {
  loop_.post([this, work, alive = alive_] {
    if (*alive) (this->*work)();
  });
}

void CurlClient::admit_soon() {
  if (waiting_.empty() || std::exchange(admission_posted_, true)) return;
  post(&CurlClient::admit);
}

void CurlClient::admit() {
  admission_posted_ = false;
  while (!waiting_.empty() && resolving_ < kMostResolving) {
    const auto found = transfers_.find(waiting_.front());
    waiting_.pop_front();
    if (found != transfers_.end()) admit(*found->second);
  }
  watch_silence();
}

void CurlClient::admit(CurlTransfer& transfer) {
  if (idle_handles_.empty()) {
    transfer.easy = new_easy_handle(options_.ca_bundle, options_.connect_timeout, share_, poller_);
    BATON_CHECK(transfer.easy != nullptr);
  } else {
    transfer.easy = idle_handles_.back();
    idle_handles_.pop_back();
  }
  prepare(transfer);
  transfer.resolving = true;
  ++resolving_;
  transfer.on_resolved = [this] {
    --resolving_;
    admit_soon();
  };
  engine_with_room().add(transfer);
}

CurlEngine& CurlClient::engine_with_room() {
  for (const auto& engine : engines_) {
    if (engine->transfers() < CurlEngine::kMostTransfers) return *engine;
  }
  engines_.push_back(std::make_unique<CurlEngine>(
      loop_, poller_, [this](CurlEngine& engine) { end_ended(engine); }));
  return *engines_.back();
}

void CurlClient::end_ended(CurlEngine& engine) {
  CURLcode result = CURLE_OK;
  while (CurlTransfer* transfer = engine.take_ended(result)) finish(*transfer, result);
}

void CurlClient::finish(CurlTransfer& transfer, CURLcode result) {
  const TransferEnd end = transfer.end_of(result);
  const std::unique_ptr<CurlTransfer> ended = std::move(transfers_.extract(transfer.id).mapped());
  if (ended->engine != nullptr) ended->engine->remove(*ended);
  if (ended->resolving) ended->on_resolved();
  if (ended->easy != nullptr) {
    if (idle_handles_.size() < kMostIdleHandles) {
      curl_easy_setopt(ended->easy, CURLOPT_ERRORBUFFER, nullptr);
      idle_handles_.push_back(ended->easy);
    } else {
      curl_easy_cleanup(ended->easy);
    }
  }
  if (ended->handlers.on_end) ended->handlers.on_end(end);
}

void CurlClient::end_cancelled() {
  for (const TransferId id : std::exchange(cancelled_, {})) {
    const auto found = transfers_.find(id);
    if (found != transfers_.end()) finish(*found->second, CURLE_OK);
  }
}

void CurlClient::watch_silence() {
  if (transfers_.empty() || std::exchange(silence_watched_, true)) return;
  const Millis interval(std::max<std::int64_t>(options_.silence_timeout.count() / 8, 10));
  loop_.after(interval, [this, alive = alive_] {
    if (!*alive) return;
    silence_watched_ = false;
    end_silent();
    watch_silence();
  });
}

// One look at all transfers now and then: libcurl's own watch wakes each of them every second.
void CurlClient::end_silent() {
  const auto limit = Clock::now() - std::chrono::milliseconds(options_.silence_timeout.count());
  std::vector<TransferId> silent;
  for (const auto& [id, transfer] : transfers_) {
    if (transfer->sent && transfer->last_heard < limit) silent.push_back(id);
  }
  for (const TransferId id : silent) {
    const auto found = transfers_.find(id);
    if (found == transfers_.end()) continue;
    found->second->silent = true;
    finish(*found->second, CURLE_OPERATION_TIMEDOUT);
  }
}

std::shared_ptr<const HeaderList> CurlClient::shared_headers(std::vector<std::string> headers) {
  if (!last_headers_ || last_headers_->lines != headers) {
    last_headers_ = std::make_shared<const HeaderList>(std::move(headers));
  }
  return last_headers_;
}

}  // namespace

std::unique_ptr<HttpClient> make_curl_client(Loop& loop, HttpOptions options) {
  start_libcurl_once();
  return std::make_unique<CurlClient>(loop, std::move(options));
}

}  // namespace baton
