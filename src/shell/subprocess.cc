#include "shell/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/text.h"

namespace baton {
namespace {

namespace asio = boost::asio;
using Done = std::function<void(Result<SubprocessResult>)>;

constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

std::vector<std::string> path_folders() {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? kDefaultPath : path;
  std::vector<std::string> folders;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (rest.starts_with('/')) folders.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return folders;
}

bool is_executable_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

// Both ends close on exec, so that of what runs at the same time no one holds another's pipe open.
struct Pipe {
  int reader = -1;
  int writer = -1;

  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    if (reader >= 0) ::close(reader);
    if (writer >= 0) ::close(writer);
  }
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    reader = ends[0];
    writer = ends[1];
    return true;
  }
  int release_reader() { return std::exchange(reader, -1); }
};

class SpawnPlan {
 public:
  SpawnPlan(const SubprocessRequest& request, int out, int err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    ::posix_spawn_file_actions_addchdir_np(&actions_, request.directory.c_str());
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigset_t none;
    sigset_t defaults;
    ::sigemptyset(&none);
    ::sigemptyset(&defaults);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGCHLD}) ::sigaddset(&defaults, number);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    texts_.push_back(request.program);
    texts_.insert(texts_.end(), request.arguments.begin(), request.arguments.end());
    environment_ = {fmt::format("PATH={}", fmt::join(path_folders(), ":")), "HOME=" + request.home,
                    "LANG=C.UTF-8"};
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }

  // 0, or the errno of what failed.
  int spawn(pid_t& pid) {
    return ::posix_spawn(&pid, texts_.front().c_str(), &actions_, &attributes_,
                         pointers(texts_).data(), pointers(environment_).data());
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  std::vector<std::string> texts_;
  std::vector<std::string> environment_;
};

// One output stream: read as it comes, up to a limit.
class Stream {
 public:
  explicit Stream(asio::io_context& context) : descriptor_(context) {}

  void open(int fd) {
    descriptor_.assign(fd);
    descriptor_.native_non_blocking(true);
  }

  // Reads what is there now. False: nothing more will come that is of use.
  bool drain(std::size_t limit) {
    std::array<char, 16384> buffer;
    while (true) {
      const ssize_t count = ::read(descriptor_.native_handle(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno == EAGAIN;
      if (count == 0) return false;
      const std::size_t room = limit - bytes.size();
      bytes.append(buffer.data(), std::min(room, static_cast<std::size_t>(count)));
      overflowed = overflowed || static_cast<std::size_t>(count) > room;
      if (overflowed) return false;
    }
  }

  template <typename Handler>
  void wait(Handler handler) {
    descriptor_.async_wait(asio::posix::descriptor_base::wait_read, std::move(handler));
  }
  void close() { descriptor_.close(); }

  std::string bytes;
  bool overflowed = false;

 private:
  asio::posix::stream_descriptor descriptor_;
};

class RunningProgram : public Subprocess, public std::enable_shared_from_this<RunningProgram> {
 public:
  RunningProgram(Loop& loop, SubprocessRequest request, Done done)
      : loop_(loop),
        request_(std::move(request)),
        done_(std::move(done)),
        out_(loop.context()),
        err_(loop.context()) {}

  ~RunningProgram() override { kill_group(); }

  void start() {
    Pipe out;
    Pipe err;
    if (!out.open() || !err.open()) return refuse(errno);
    pid_t pid = 0;
    if (const int failed = SpawnPlan(request_, out.writer, err.writer).spawn(pid)) {
      return refuse(failed);
    }
    pid_ = pid;
    limit_resources();
    out_.open(out.release_reader());
    err_.open(err.release_reader());
    read_on(&RunningProgram::out_);
    read_on(&RunningProgram::err_);
    loop_.on_child_exit(pid, [weak = weak_from_this()](int status) {
      if (const auto self = weak.lock()) self->ended(status);
    });
    loop_.after(request_.limit, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->out_of_time();
    });
  }

 private:
  using StreamMember = Stream RunningProgram::*;

  // From outside, as posix_spawn cannot: the program is under way already, but has had no time for
  // more than its first steps. Data, not address space: node reserves far more than it uses.
  void limit_resources() const {
    const rlimit data{request_.memory_limit, request_.memory_limit};
    const rlimit no_core{0, 0};
    ::prlimit(pid_, RLIMIT_DATA, &data, nullptr);
    ::prlimit(pid_, RLIMIT_CORE, &no_core, nullptr);
  }

  void read_on(StreamMember stream) {
    (this->*stream).wait([weak = weak_from_this(), stream](boost::system::error_code failed) {
      const auto self = weak.lock();
      if (failed || !self || self->pid_ == 0) return;
      if ((self.get()->*stream).drain(self->request_.output_limit)) return self->read_on(stream);
      if ((self.get()->*stream).overflowed) self->kill_group();
    });
  }

  void out_of_time() {
    if (pid_ == 0) return;
    timed_out_ = true;
    kill_group();
  }

  // The session's leader has ended; what it left behind must not keep the pipes, or the machine.
  void ended(int status) {
    kill_group();
    pid_ = 0;
    out_.drain(request_.output_limit);
    err_.drain(request_.output_limit);
    out_.close();
    err_.close();
    std::exchange(done_, nullptr)(SubprocessResult{.status = status,
                                                   .out = std::move(out_.bytes),
                                                   .err = std::move(err_.bytes),
                                                   .truncated = out_.overflowed || err_.overflowed,
                                                   .timed_out = timed_out_});
  }

  void refuse(int reason) {
    Error error =
        system_error(fmt::format("cannot start {}: {}", request_.program, std::strerror(reason)));
    if (reason == ENOENT) error.kind = ErrorKind::kNotFound;
    loop_.post([weak = weak_from_this(), error = std::move(error)] {
      if (const auto self = weak.lock()) std::exchange(self->done_, nullptr)(error);
    });
  }

  void kill_group() {
    if (pid_ != 0) ::kill(-pid_, SIGKILL);
  }

  Loop& loop_;
  SubprocessRequest request_;
  Done done_;
  Stream out_;
  Stream err_;
  pid_t pid_ = 0;  // of a program that has not been reaped
  bool timed_out_ = false;
};

}  // namespace

std::shared_ptr<Subprocess> start_subprocess(Loop& loop, SubprocessRequest request, Done done) {
  auto program = std::make_shared<RunningProgram>(loop, std::move(request), std::move(done));
  program->start();
  return program;
}

std::string find_program(const std::string& name, const std::vector<std::string>& folders) {
  std::vector<std::string> all = folders;
  const std::vector<std::string> path = path_folders();
  all.insert(all.end(), path.begin(), path.end());
  for (const std::string& folder : all) {
    std::string candidate = folder + "/" + name;
    if (folder.starts_with('/') && is_executable_file(candidate)) return candidate;
  }
  return {};
}

}  // namespace baton
