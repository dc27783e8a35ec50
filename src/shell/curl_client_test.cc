#include "shell/curl_client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio.hpp>
#include <map>
#include <thread>

namespace baton {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using Kind = TransferEnd::Kind;

// One thing a server does to a connection, in order. Where a script ends the connection stays open
// for the next request.
struct Step {
  enum class Kind { kSend, kPause, kClose, kReset } kind = Kind::kSend;
  std::string bytes;
  int ms = 0;
};
Step send(std::string bytes) {
  return {Step::Kind::kSend, std::move(bytes), 0};
}
Step pause(int ms) {
  return {Step::Kind::kPause, "", ms};
}
Step close_connection() {
  return {Step::Kind::kClose, "", 0};
}
Step reset_connection() {
  return {Step::Kind::kReset, "", 0};
}

struct SeenRequest {
  std::string head;
  std::string body;
};
// What to do about the n-th request (from 0) of all.
using Script = std::function<std::vector<Step>(int n, const SeenRequest& request)>;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const Script& script, std::atomic<int>& requests)
      : socket_(std::move(socket)),
        pause_(socket_.get_executor()),
        script_(script),
        requests_(requests) {}

  void read_request() {
    asio::async_read_until(socket_, asio::dynamic_buffer(bytes_), "\r\n\r\n",
                           [self = shared_from_this()](auto error, std::size_t length) {
                             if (!error) self->read_body(length);
                           });
  }

 private:
  void read_body(std::size_t head_length) {
    request_.head = bytes_.substr(0, head_length);
    bytes_.erase(0, head_length);
    const std::size_t at = request_.head.find("Content-Length: ");
    const std::size_t length =
        at == std::string::npos ? 0 : std::stoul(request_.head.substr(at + 16));
    const std::size_t missing = length > bytes_.size() ? length - bytes_.size() : 0;
    asio::async_read(socket_, asio::dynamic_buffer(bytes_), asio::transfer_exactly(missing),
                     [self = shared_from_this(), length](auto error, std::size_t) {
                       if (error) return;
                       self->request_.body = self->bytes_.substr(0, length);
                       self->bytes_.erase(0, length);
                       self->steps_ = self->script_(self->requests_++, self->request_);
                       self->next_ = 0;
                       self->take_step();
                     });
  }

  void take_step() {
    if (next_ == steps_.size()) return read_request();
    const Step& step = steps_[next_++];
    const auto go_on = [self = shared_from_this()](auto error, auto...) {
      if (!error) self->take_step();
    };
    switch (step.kind) {
      case Step::Kind::kSend:
        return asio::async_write(socket_, asio::buffer(step.bytes), go_on);
      case Step::Kind::kPause:
        pause_.expires_after(std::chrono::milliseconds(step.ms));
        return pause_.async_wait(go_on);
      case Step::Kind::kReset:
        socket_.set_option(asio::socket_base::linger(true, 0));
        return socket_.close();
      case Step::Kind::kClose:
        return socket_.close();
    }
  }

  tcp::socket socket_;
  asio::steady_timer pause_;
  const Script& script_;
  std::atomic<int>& requests_;
  std::string bytes_;
  SeenRequest request_;
  std::vector<Step> steps_;
  std::size_t next_ = 0;
};

class Server {
 public:
  explicit Server(Script script) : script_(std::move(script)) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Server() {
    io_.stop();
    thread_.join();
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/v1/messages";
  }
  int requests() const { return requests_; }
  int connections() const { return connections_; }

 private:
  void accept() {
    acceptor_.async_accept([this](auto error, tcp::socket socket) {
      if (error) return;
      ++connections_;
      std::make_shared<Connection>(std::move(socket), script_, requests_)->read_request();
      accept();
    });
  }

  Script script_;
  std::atomic<int> requests_ = 0;
  std::atomic<int> connections_ = 0;
  asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::thread thread_;
};

Script always(std::vector<Step> steps) {
  return [steps](int, const SeenRequest&) { return steps; };
}

struct Seen {
  int status = 0;
  HttpHeaders headers;
  std::string body;
  TransferEnd end;
  int ends = 0;
};

HttpHandlers into(Seen& seen, std::function<void()> ended) {
  return {.on_head =
              [&seen](int status, const HttpHeaders& headers) {
                EXPECT_EQ(seen.ends, 0);
                seen.status = status;
                seen.headers = headers;
              },
          .on_body =
              [&seen](std::string_view bytes) {
                EXPECT_NE(seen.status, 0);
                EXPECT_EQ(seen.ends, 0);
                seen.body += bytes;
              },
          .on_end =
              [&seen, ended = std::move(ended)](const TransferEnd& end) {
                seen.end = end;
                ++seen.ends;
                ended();
              }};
}

HttpRequest post_to(const std::string& url, std::string body = "{}") {
  return {.url = url, .headers = {"x-api-key: sk-secret"}, .body = std::move(body)};
}

class CurlClientTest : public testing::Test {
 protected:
  // A proxy of the machine the tests run on must not see them.
  CurlClientTest() { setenv("no_proxy", "*", 1); }

  Seen fetch(HttpRequest request) {
    Seen seen;
    client->start(std::move(request), into(seen, [this] { loop.stop(); }));
    loop.run();
    return seen;
  }

  Loop loop;
  std::unique_ptr<HttpClient> client = make_curl_client(
      loop, {.connect_timeout = Millis(2000), .silence_timeout = Millis(400), .ca_bundle = ""});
};

constexpr char kStreamHead[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nRequest-Id:  req_1 \r\n"
    "Transfer-Encoding: chunked\r\n\r\n";

std::string chunk(const std::string& bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}
std::string whole(const std::string& body) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
}

TEST_F(CurlClientTest, AStreamComesWithItsHeadItsPiecesAndOneEnd) {
  // Cut inside a chunk's length line, and inside its bytes.
  const std::string bytes = chunk("data: one\n\n") + chunk("data: two\n\n") + "0\r\n\r\n";
  Server server(always({send(kStreamHead), send(bytes.substr(0, 1)), pause(5),
                        send(bytes.substr(1, 9)), pause(5), send(bytes.substr(10))}));
  const Seen seen = fetch(post_to(server.url()));
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(seen.headers, (HttpHeaders{{"content-type", "text/event-stream"},
                                       {"request-id", "req_1"},
                                       {"transfer-encoding", "chunked"}}));
  EXPECT_EQ(seen.body, "data: one\n\ndata: two\n\n");
  EXPECT_EQ(seen.end.kind, Kind::kComplete);
  EXPECT_EQ(seen.ends, 1);
}

TEST_F(CurlClientTest, TheRequestIsOneHttp11PostWithoutExpect) {
  SeenRequest request;
  Server server([&](int, const SeenRequest& seen) {
    request = seen;
    return std::vector{send(whole("ok"))};
  });
  const std::string body(3'000'000, 'x');
  EXPECT_EQ(fetch(post_to(server.url(), body)).body, "ok");
  EXPECT_THAT(request.head, HasSubstr("POST /v1/messages HTTP/1.1\r\n"));
  EXPECT_THAT(request.head, HasSubstr("x-api-key: sk-secret\r\n"));
  EXPECT_THAT(request.head, testing::Not(HasSubstr("Expect")));
  EXPECT_EQ(request.body, body);
}

TEST_F(CurlClientTest, AnInterimHeadIsNotTheHead) {
  Server server(always({send("HTTP/1.1 100 Continue\r\n\r\n"), send(whole("ok"))}));
  EXPECT_EQ(fetch(post_to(server.url())).status, 200);
}

TEST_F(CurlClientTest, AnErrorStatusIsACompleteTransferWithItsBody) {
  Server server(always({send("HTTP/1.1 529 Overloaded\r\nContent-Length: 4\r\n\r\nbusy")}));
  const Seen seen = fetch(post_to(server.url()));
  EXPECT_EQ(seen.status, 529);
  EXPECT_EQ(seen.body, "busy");
  EXPECT_EQ(seen.end.kind, Kind::kComplete);
}

TEST_F(CurlClientTest, ARedirectIsNotFollowed) {
  Server server(
      always({send("HTTP/1.1 307 Moved\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")}));
  EXPECT_EQ(fetch(post_to(server.url())).status, 307);
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(CurlClientTest, AStreamThatBreaksOffIsBroken) {
  Server server(always({send(kStreamHead), send(chunk("data: one\n\n")), close_connection()}));
  const Seen seen = fetch(post_to(server.url()));
  EXPECT_EQ(seen.body, "data: one\n\n");
  EXPECT_EQ(seen.end.kind, Kind::kBroken);
  EXPECT_THAT(seen.end.message, HasSubstr("waiting for 127.0.0.1:"));
}

TEST_F(CurlClientTest, AServerThatReadsAndClosesMayHaveWorkedOnTheRequest) {
  Server server(always({close_connection()}));
  const Seen seen = fetch(post_to(server.url()));
  EXPECT_EQ(seen.status, 0);
  EXPECT_EQ(seen.end.kind, Kind::kBroken);
}

TEST_F(CurlClientTest, ARefusedConnectionProvesThatNothingWasSent) {
  std::string url;
  {
    const Server gone(always({}));
    url = gone.url();
  }
  const Seen seen = fetch(post_to(url));
  EXPECT_EQ(seen.end.kind, Kind::kNeverSent);
  EXPECT_THAT(seen.end.message, HasSubstr("connecting to 127.0.0.1:"));
  EXPECT_EQ(seen.end.message.find("sk-secret"), std::string::npos);
}

TEST_F(CurlClientTest, ANameThatIsNotFoundOrNoUrlProvesThatNothingWasSent) {
  EXPECT_EQ(fetch(post_to("http://no-such-host.invalid/")).end.kind, Kind::kNeverSent);
  EXPECT_EQ(fetch(post_to("http://")).end.kind, Kind::kNeverSent);
  EXPECT_EQ(fetch(post_to("ftp://127.0.0.1/")).end.kind, Kind::kNeverSent);
}

TEST_F(CurlClientTest, AFailedTlsHandshakeProvesThatNothingWasSent) {
  Server server(always({}));
  std::string url = server.url();
  url.replace(0, 4, "https");
  client = make_curl_client(loop, {.connect_timeout = Millis(300)});
  EXPECT_EQ(fetch(post_to(url)).end.kind, Kind::kNeverSent);
  EXPECT_EQ(server.requests(), 0);
}

// libcurl would send it again: the server had taken the first copy.
TEST_F(CurlClientTest, ARequestOnAConnectionThatDiesIsNotSentASecondTime) {
  Server server([](int n, const SeenRequest&) {
    return n == 0 ? std::vector{send(whole("first"))} : std::vector{close_connection()};
  });
  EXPECT_EQ(fetch(post_to(server.url())).body, "first");
  const Seen second = fetch(post_to(server.url()));
  EXPECT_EQ(server.requests(), 2);
  EXPECT_EQ(second.end.kind, Kind::kBroken);
  EXPECT_THAT(second.end.message, HasSubstr("closed before an answer came"));
}

TEST_F(CurlClientTest, AResetOfAReusedConnectionIsNotSentASecondTimeEither) {
  Server server([](int n, const SeenRequest&) {
    return n == 0 ? std::vector{send(whole("first"))} : std::vector{reset_connection()};
  });
  fetch(post_to(server.url()));
  EXPECT_EQ(fetch(post_to(server.url(), std::string(200'000, 'x'))).end.kind, Kind::kBroken);
  EXPECT_EQ(server.requests(), 2);
}

TEST_F(CurlClientTest, AConnectionClosedWhileIdleIsReplacedWithoutAFailure) {
  Server server(always({send(whole("ok")), close_connection()}));
  EXPECT_EQ(fetch(post_to(server.url())).end.kind, Kind::kComplete);
  loop.after(Millis(20), [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(fetch(post_to(server.url())).end.kind, Kind::kComplete);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(CurlClientTest, ConnectionsAreUsedAgain) {
  Server server(always({send(whole("ok"))}));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(fetch(post_to(server.url())).body, "ok");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlClientTest, AServerThatSaysNothingIsGivenUpAfterTheSilenceTimeout) {
  Server server(always({send(kStreamHead), pause(60'000)}));
  const Seen seen = fetch(post_to(server.url()));
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(seen.end.kind, Kind::kBroken);
  EXPECT_THAT(seen.end.message, HasSubstr("nothing came for too long"));
}

TEST_F(CurlClientTest, PingsKeepASlowStreamAlive) {
  std::vector<Step> steps{send(kStreamHead)};
  for (int i = 0; i < 8; ++i) {
    steps.push_back(pause(100));
    steps.push_back(send(chunk(": ping\n\n")));
  }
  steps.push_back(send("0\r\n\r\n"));
  Server server(always(steps));
  EXPECT_EQ(fetch(post_to(server.url())).end.kind, Kind::kComplete);
}

TEST_F(CurlClientTest, AHeadWithoutEndIsRefused) {
  Server server([](int, const SeenRequest&) {
    std::vector<Step> steps{send("HTTP/1.1 200 OK\r\n")};
    for (int i = 0; i < 100; ++i)
      steps.push_back(send("x-filler: " + std::string(1000, 'x') + "\r\n"));
    steps.push_back(pause(60'000));
    return steps;
  });
  const Seen seen = fetch(post_to(server.url()));
  EXPECT_EQ(seen.status, 0);
  EXPECT_THAT(seen.end.message, HasSubstr("head of the answer is too large"));
}

TEST_F(CurlClientTest, ACancelledStreamShowsNoMoreAndEndsOnce) {
  Server server(
      always({send(kStreamHead), send(chunk("a")), pause(20), send(chunk("b")), pause(60'000)}));
  Seen seen;
  TransferId id = 0;
  HttpHandlers handlers = into(seen, [&] { loop.stop(); });
  handlers.on_body = [&](std::string_view bytes) {
    seen.body += bytes;
    client->cancel(id);
    client->cancel(id);
  };
  id = client->start(post_to(server.url()), std::move(handlers));
  loop.run();
  EXPECT_EQ(seen.body, "a");
  EXPECT_EQ(seen.end.kind, Kind::kCancelled);
  EXPECT_FALSE(seen.end.nothing_sent);
  EXPECT_EQ(seen.ends, 1);
  client->cancel(id);  // it has ended: nothing happens
}

TEST_F(CurlClientTest, ATransferCancelledAtOnceIsKnownToBeUnsent) {
  Server server(always({send(whole("ok"))}));
  Seen seen;
  client->cancel(client->start(post_to(server.url()), into(seen, [&] { loop.stop(); })));
  EXPECT_EQ(seen.ends, 0) << "not from inside cancel()";
  loop.run();
  EXPECT_EQ(seen.end.kind, Kind::kCancelled);
  EXPECT_TRUE(seen.end.nothing_sent);
}

TEST_F(CurlClientTest, ATransferMayBeStartedFromInsideAnyHandler) {
  Server server(always({send(whole("ok"))}));
  Seen second, third;
  Seen first;
  int ended = 0;
  const auto count = [&] {
    if (++ended == 3) loop.stop();
  };
  HttpHandlers handlers = into(first, [&] {
    client->start(post_to(server.url()), into(third, count));
    count();
  });
  handlers.on_body = [&](std::string_view) {
    client->start(post_to(server.url()), into(second, count));
  };
  client->start(post_to(server.url()), std::move(handlers));
  loop.run();
  EXPECT_EQ(second.body, "ok");
  EXPECT_EQ(third.body, "ok");
}

TEST_F(CurlClientTest, AThousandTransfersInParallelEachGetTheirOwnAnswer) {
  constexpr int kTransfers = 1000;
  Server server([](int, const SeenRequest& request) {
    return std::vector{send(kStreamHead), pause(50), send(chunk("re: ")), send(chunk(request.body)),
                       send("0\r\n\r\n")};
  });
  std::vector<Seen> seen(kTransfers);
  int left = kTransfers;
  for (int i = 0; i < kTransfers; ++i) {
    client->start(post_to(server.url(), std::to_string(i)),
                  into(seen[static_cast<std::size_t>(i)], [&] {
                    if (--left == 0) loop.stop();
                  }));
  }
  loop.run();
  for (int i = 0; i < kTransfers; ++i) {
    const Seen& one = seen[static_cast<std::size_t>(i)];
    ASSERT_EQ(one.end.kind, Kind::kComplete) << one.end.message;
    ASSERT_EQ(one.body, "re: " + std::to_string(i));
    ASSERT_EQ(one.ends, 1);
  }
}

TEST_F(CurlClientTest, AClientDestroyedWithTransfersInFlightDropsThem) {
  Server server(always({send(kStreamHead), pause(60'000)}));
  Seen seen;
  HttpHandlers handlers = into(seen, [] {});
  handlers.on_head = [&](int, const HttpHeaders&) { loop.stop(); };
  client->start(post_to(server.url()), std::move(handlers));
  client->start(post_to(server.url()), into(seen, [] {}));
  loop.run();
  client.reset();
  loop.after(Millis(60), [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(seen.ends, 0);
}

}  // namespace
}  // namespace baton
