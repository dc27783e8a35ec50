#include <ostream>

#include "sandbox/red_team.h"

namespace baton {
namespace {

constexpr Control kNone = Control::kNone;
constexpr Control kUnprotected = Control::kUnprotected;

// Files, and what leads to them.
const std::vector<RedTeamAttack> kFiles = {
    {"ReadsASecretOutside", kUnprotected, "bash", "grep -q bait $OUT/secret && echo THROUGH"},
    {"ReadsASecretByClimbing", kUnprotected, "bash",
     "grep -q bait ../../../../../../../../..$OUT/secret && echo THROUGH"},
    {"ReadsASecretByItsProcessRoot", kUnprotected, "bash",
     "for p in self 1 2 $PPID; do grep -q bait /proc/$p/root$OUT/secret && echo THROUGH; done"},
    {"ReadsASecretByTheProcessOutside", kUnprotected, "bash",
     "grep -q bait /proc/$PID/cwd/secret && echo THROUGH"},
    {"ReadsTheHost", kUnprotected, "bash",
     "for f in /var/lib /boot /root /sys /srv /etc/shadow /etc/ssh /etc/hostname; do\n"
     "  test -e $f && echo THROUGH; done"},
    {"WritesOutside", kUnprotected, "bash", "echo x >$OUT/target && echo THROUGH"},
    {"WritesOutsideBySymbolicLink", kUnprotected, "bash",
     "ln -s $OUT/target link && echo x >link && echo THROUGH"},
    {"WritesOutsideByHardLink", kUnprotected, "bash",
     "ln $OUT/target link && echo x >link && echo THROUGH"},
    {"WritesOutsideByRacingLinks", kUnprotected, "python3", R"(
os.mkdir("real"); os.symlink(out, "trap")
for i in range(300):
    try:
        libc.syscall(316, -100, b"real", -100, b"trap", 2)  # renameat2, exchanged
        open("real/target", "r+").write("x"); through(os.path.islink("real"))
    except OSError: pass
)"},
    {"WritesIntoTheSystem", kNone, "bash",
     "for f in /usr/bin/x /usr/lib/x /etc/x /lib/x /x /dev/x /proc/x; do\n"
     "  echo x >$f && echo THROUGH; done\n"
     "for f in /etc/passwd /etc/hosts /etc/ld.so.cache; do echo x >>$f && echo THROUGH; done"},
    {"OpensAFileByItsHandle", kNone, "python3", R"(
handle = ctypes.create_string_buffer(b"\x80\0\0\0" + bytes(132)); mount = ctypes.c_int()
named = call(303, -100, b"/usr", handle, ctypes.byref(mount), 0)  # name_to_handle_at
through(named == 0 and call(304, os.open("/usr", os.O_RDONLY), handle, 0) >= 0)
)"},
    {"ReadsInheritedDescriptors", kUnprotected, "python3", R"(
for fd in range(3, 1024):
    try: through(b"bait" in os.pread(fd, 4096, 0))
    except OSError: pass
)"},
    {"ReadsTheDescriptorsOfItsParents", kNone, "python3", R"(
for p in os.listdir("/proc"):
    if not p.isdigit(): continue
    try:
        for fd in os.listdir(f"/proc/{p}/fd"):
            place = os.readlink(f"/proc/{p}/fd/{fd}")
            through("memfd" in place or "secret" in place or out in place)
    except OSError: pass
)"},
    {"ReadsTheEnvironmentOfOthers", kUnprotected, "bash",
     "cat /proc/$PID/environ /proc/1/environ /proc/[0-9]/environ | grep -aq bait && echo THROUGH"},
    {"FindsThePathsOfTheHostInCommandLines", kUnprotected, "bash",
     "cat /proc/1/cmdline /proc/$PID/cmdline | tr '\\0' '\\n' | grep -aq -e host-onl[y] && echo "
     "THROUGH"},
    {"InheritsTheEnvironment", kUnprotected, "bash", "test -n \"$BATON_TEST_KEY\" && echo THROUGH"},
};

// What git on the host would obey.
const std::vector<RedTeamAttack> kGit = {
    {"MovesGitAway", Control::kGitWritable, "bash", "mv .git moved && echo THROUGH"},
    {"RemovesGit", Control::kGitWritable, "bash",
     "rm -rf .git; test -e .git/config || echo THROUGH"},
    {"WritesTheConfigurationOfGit", Control::kGitWritable, "bash",
     "git config core.fsmonitor 'touch /tmp/x'; echo x >>.git/config && echo THROUGH"},
    {"AddsAHookToGit", Control::kGitWritable, "bash",
     "mkdir -p .git/hooks; echo x >.git/hooks/post-checkout && echo THROUGH"},
    {"WritesTheConfigurationByHardLink", Control::kGitWritable, "bash",
     "ln .git/config link && echo x >>link && echo THROUGH"},
    {"ExchangesGitForAFolderOfItsOwn", Control::kGitWritable, "python3", R"(
os.mkdir("mine")
through(libc.syscall(316, -100, b"mine", -100, b".git", 2) == 0)
)"},
    {"MovesTheWorkspaceAway", kNone, "bash",
     "cd / && mv workspace elsewhere && echo THROUGH; mv /workspace /tmp/w && echo THROUGH"},
    {"MountsGitWritable", kNone, "bash",
     "mount -o remount,bind,rw .git && echo THROUGH; umount .git && echo THROUGH\n"
     "umount -l .git && echo THROUGH; mount --bind /tmp .git && echo THROUGH"},
};

// The network, and other ways to speak to somebody.
const std::vector<RedTeamAttack> kNetwork = {
    {"ConnectsToAServerOnTheMachine", Control::kNetwork, "python3",
     "socket.create_connection(('127.0.0.1', int(os.environ['PORT'])), 1); through(True)"},
    {"ConnectsToAnAbstractSocket", Control::kNetwork, "python3",
     "socket.socket(socket.AF_UNIX).connect('\\0' + os.environ['ABSTRACT']); through(True)"},
    {"ConnectsToASocketInAFolder", kUnprotected, "python3",
     "socket.socket(socket.AF_UNIX).connect(out + '/socket'); through(True)"},
    {"SendsADatagramAway", kNone, "python3",
     "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53)); "
     "through(True)"},
    {"ResolvesAName", kNone, "python3", "socket.getaddrinfo('example.com', 80); through(True)"},
    {"HasANetworkInterface", kNone, "bash",
     "test $(tail -n +3 /proc/net/dev | grep -vc '^ *lo:') -gt 0 && echo THROUGH; true"},
    {"OpensSocketsOfOtherFamilies", kUnprotected, "python3", R"(
for family in (17, 38, 40, 31, 16):  # packet, kernel crypto, virtual machine, bluetooth, netlink
    for kind, protocol in ((3, 0), (1, 0), (5, 0), (3, 9)):
        if family == 16 and protocol == 0: continue
        try: socket.socket(family, kind, protocol); through(True)
        except OSError: pass
)"},
    {"OpensASocketWithAWideFamily", kNone, "python3",
     "through(call(41, (1 << 32) | 40, 1, 0) >= 0)"},
};

// Processes.
const std::vector<RedTeamAttack> kProcesses = {
    {"KillsAProcessOutside", kUnprotected, "bash", "kill -9 $PID && echo THROUGH"},
    {"KillsEverything", kNone, "bash", "kill -9 -1"},
    {"TracesAProcess", kUnprotected, "python3", R"(
child = os.fork()
if child == 0: time.sleep(5); os._exit(0)
through(call(101, 0x4206, child, 0, 0) == 0)  # PTRACE_SEIZE
os.kill(child, 9)
)"},
    {"AsksToBeTraced", kUnprotected, "python3", "through(call(101, 0, 0, 0, 0) == 0)"},
    {"ReadsTheMemoryOfAnother", kUnprotected, "python3", R"(
buffer = ctypes.create_string_buffer(b"before"); got = ctypes.create_string_buffer(8)
one = (ctypes.c_ulong * 2)(ctypes.addressof(got), 6); two = (ctypes.c_ulong * 2)(ctypes.addressof(buffer), 6)
through(call(310, os.getpid(), one, 1, two, 1, 0) == 6)  # process_vm_readv
)"},
    {"TakesADescriptorOfAnother", kUnprotected, "python3", R"(
child = os.fork()
if child == 0: time.sleep(5); os._exit(0)
through(call(438, os.pidfd_open(child), 1, 0) >= 0)  # pidfd_getfd
os.kill(child, 9)
)"},
    {"OutlivesTheCommandInASessionOfItsOwn", kUnprotected, "bash",
     "setsid bash -c 'exec -a $MARK sleep 60' >/dev/null 2>&1 </dev/null & sleep 0.05"},
    {"OutlivesTheCommandByForkingTwice", kUnprotected, "python3", R"(
if os.fork() == 0:
    os.setsid(); signal.signal(signal.SIGHUP, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        os.closerange(0, 10); os.execvp("sleep", [os.environ["MARK"], "60"])
    os._exit(0)
os.wait(); time.sleep(0.05)
)"},
    {"StartsMoreProcessesThanItMay", kUnprotected, "python3", R"(
children = []
try:
    for i in range(100):
        child = os.fork()
        if child == 0: time.sleep(20); os._exit(0)
        children.append(child)
except OSError: pass
through(len(children) > 60)
for child in children: os.kill(child, 9)
)"},
    {"BombsWithForks", kNone, "bash", "bomb() { bomb | bomb & }; bomb; exec sleep 0.3"},
    {"RaisesItsLimits", kNone, "python3", R"(
import resource
for limit in (resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
    try: resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)); through(True)
    except (OSError, ValueError): pass
)"},
    {"TakesMoreMemoryThanItMay", kUnprotected, "python3",
     "b = bytearray(300 << 20); time.sleep(2); through(True)"},
    {"FillsSharedMemory", kNone, "bash",
     "for i in $(seq 300); do head -c 1M /dev/zero >/dev/shm/$i || exit 1; done; echo THROUGH"},
    {"WritesAFileLargerThanItMay", kUnprotected, "bash",
     "dd if=/dev/zero of=large bs=1M count=3 && echo THROUGH"},
};

// The kernel.
const std::vector<RedTeamAttack> kKernel = {
    {"MountsAFileSystem", kNone, "python3",
     "through(call(165, b'none', b'/tmp', b'tmpfs', 0, 0) == 0)"},
    {"MountsByTheNewCalls", kNone, "python3",
     "through(call(430, b'tmpfs', 0) >= 0); through(call(428, -100, b'/usr', 1) >= 0)"},
    {"RemountsTheSystemWritable", kNone, "bash",
     "mount -o remount,bind,rw /usr && echo THROUGH; mount -o remount,rw / && echo THROUGH"},
    {"ChangesItsRoot", kNone, "bash",
     "chroot /tmp true && echo THROUGH; "
     "python3 -c 'import os; os.chroot(\"/tmp\"); print(\"THROUGH\")'"},
    {"MakesAUserNamespace", kUnprotected, "bash", "unshare -U true && echo THROUGH"},
    {"BecomesRootInAUserNamespace", kUnprotected, "bash",
     "unshare -Urm mount -t tmpfs none /tmp && echo THROUGH"},
    {"MakesAUserNamespaceByClone", kUnprotected, "python3", R"(
child = call(56, 0x10000000 | 17, 0, 0, 0, 0)
if child == 0: os._exit(0)
through(child > 0)
)"},
    {"MakesAUserNamespaceByTheNewClone", kNone, "python3", R"(
arguments = (ctypes.c_ulong * 11)(0x10000000, 0, 0, 0, 17)
child = call(435, arguments, 88)
if child == 0: os._exit(0)
through(child > 0)
)"},
    {"EntersAnotherNamespace", kNone, "bash",
     "nsenter -t 1 -m true && echo THROUGH; nsenter -t $PPID -U true && echo THROUGH"},
    {"StartsASandboxOfItsOwn", kUnprotected, "bash", "bwrap --ro-bind / / true && echo THROUGH"},
    {"ChoosesWhatTheKernelRunsAfterACrash", kNone, "bash",
     "echo '|/tmp/x' >/proc/sys/kernel/core_pattern && echo THROUGH"},
    {"SetsKernelParameters", kNone, "bash",
     "for f in kernel/modprobe kernel/hostname vm/overcommit_memory user/max_user_namespaces; do\n"
     "  test -w /proc/sys/$f && echo 1 >/proc/sys/$f && echo THROUGH; done"},
    {"PressesMagicKeys", kNone, "bash", "echo h >/proc/sysrq-trigger && echo THROUGH"},
    {"MakesADevice", kNone, "bash",
     "mknod device b 8 0 && echo THROUGH; mknod /tmp/device c 1 1 && echo THROUGH"},
    {"FindsADevice", kNone, "bash",
     "for f in /dev/mem /dev/kmsg /dev/kvm /dev/vda /dev/sda /dev/fuse /dev/net/tun /dev/loop0; "
     "do\n"
     "  test -e $f && echo THROUGH; done; find /dev -type b | grep -q . && echo THROUGH"},
    {"GainsRightsByASetuidProgram", kUnprotected, "python3", R"(
through(libc.prctl(39, 0, 0, 0, 0) == 0)  # PR_GET_NO_NEW_PRIVS
for path in ("/usr/bin/su", "/usr/bin/passwd", "/usr/bin/mount"):
    if os.path.exists(path): through(not os.statvfs(path).f_flag & os.ST_NOSUID)
)"},
    {"BecomesRoot", kNone, "python3", R"(
through(os.getuid() == 0)
for change in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setresuid(0, 0, 0),
               lambda: os.setgroups([0])):
    try: change(); through(True)
    except OSError: pass
)"},
    {"HasACapability", kNone, "bash",
     "grep -q '^Cap[IPEBA][a-z]*:.*[1-9a-f]' /proc/self/status && echo THROUGH; true"},
    {"UsesKeyrings", kNone, "python3",
     "through(call(250, 0, -3, 1) >= 0); through(call(248, b'user', b'x', b'y', 1, -3) >= 0)"},
    {"LoadsABpfProgram", kNone, "python3", R"(
attributes = (ctypes.c_uint * 18)(2, 4, 4, 1)
through(call(321, 0, attributes, 72) >= 0)
)"},
    {"MeasuresTheKernel", kNone, "python3", R"(
attributes = (ctypes.c_uint * 32)(1, 128, 0, 0)
through(call(298, attributes, 0, -1, -1, 0) >= 0)
)"},
    {"UsesAnIoRing", kNone, "python3", "through(call(425, 1, (ctypes.c_uint * 30)()) >= 0)"},
    {"HandlesPageFaults", kNone, "python3", "through(call(323, 1) >= 0)"},
    {"TypesIntoATerminal", kNone, "python3", R"(
import fcntl, pty
def types(request):
    child, master = pty.fork()
    if child == 0:
        typed = libc.syscall(16, 0, ctypes.c_ulong(request), b"x")
        os._exit(0 if typed == 0 else 1)
    through(os.waitpid(child, 0)[1] == 0)
types(0x5412); types(0x100005412)
)"},
    {"OpensTheTerminal", kNone, "bash", "(exec 3<>/dev/tty) && echo THROUGH"},
    {"UsesCallsOfAnotherArchitecture", kUnprotected, "bash", R"(
cat >a.c <<'C'
#include <stdio.h>
int main(void) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");  // getpid, of 32 bits
  if (result > 0) puts("THROUGH");
}
C
cc -o a a.c && ./a
)"},
    {"UsesCallsOfX32", kNone, "python3", "through(call(0x40000000 | 39) > 0)"},
    {"UsesCallsNobodyKnowsYet", kNone, "python3",
     "through(any(call(number, 0, 0, 0) != -1 or ctypes.get_errno() != 38 for number in range(470, "
     "600)))"},
};

}  // namespace

const std::vector<RedTeamAttack>& red_team_attacks() {
  static const std::vector<RedTeamAttack> attacks = [] {
    std::vector<RedTeamAttack> all;
    for (const auto* some : {&kFiles, &kGit, &kNetwork, &kProcesses, &kKernel})
      all.insert(all.end(), some->begin(), some->end());
    return all;
  }();
  return attacks;
}

std::ostream& operator<<(std::ostream& out, const RedTeamAttack& attack) {
  return out << attack.name;
}

}  // namespace baton
