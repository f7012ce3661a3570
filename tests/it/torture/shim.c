/*
 * Stands between the program and the system (LD_PRELOAD), and does to one run what a test orders by variables:
 *
 *   TORTURE_AT=POINT:WHEN:N     at the Nth time of a point send the process a signal. WHEN: before the call, torn (half of
 *                               a write is done), after it, or soon: from another thread, while the program goes on
 *   TORTURE_SIGNAL=NUMBER       which signal (9)
 *   TORTURE_SOON_US=N           how soon is soon
 *   TORTURE_NOW=SECONDS         the wall clock stands still; the monotonic clock goes on
 *   TORTURE_DURABLE=FOLDER      keeps what each file held when it was last synced, under its inode's number
 *   TORTURE_ROOM=BYTES          how much the files of TORTURE_FULL (ledger, output, both) may grow before the disk is full
 *   TORTURE_COUNTS=FILE         how often each point came, and by how many bytes ledger and output grew,
 *                               written at the end
 *
 * Calls the kernel itself instead of the C library, so that nothing here meets itself. Nothing is really synced: only
 * the machine's death would show it, and that is what TORTURE_DURABLE is for.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The points. A file's syncs are the point after its writes; in-place is the sync of the output's folder,
 * which is where the program runs. */
enum { NONE, ANY, SEND, RECV, EVENT, WAL, WAL_SYNC, DB, DB_SYNC, JOURNAL, JOURNAL_SYNC, OUT, OUT_SYNC, FOLDER_SYNC, IN_PLACE, UNLINK, SHM, POINTS };
static const char *const names[POINTS] = {"none", "any", "send", "recv", "event", "wal", "wal-sync", "db", "db-sync", "journal",
    "journal-sync", "out", "out-sync", "folder-sync", "in-place", "unlink", "shm"};

enum { BEFORE, TORN, AFTER, SOON };
static const char *const moments[] = {"before", "torn", "after", "soon"};

#define FILES 65536
static _Atomic unsigned char kinds[FILES];
static atomic_long counts[POINTS];

static int point, moment, number = SIGKILL, full_ledger, full_output;
static long nth, soon_us, room = -1, frozen = -1;
static atomic_long grown_ledger, grown_output;
static const char *durable, *report_to;
static atomic_int dead;
static sem_t now_is_soon;
static pthread_mutex_t room_lock = PTHREAD_MUTEX_INITIALIZER;

static void report(void) {
    char text[1024];
    int length = 0;
    if (!report_to) return;
    for (int kind = ANY; kind < POINTS; kind++)
        length += snprintf(text + length, sizeof text - length, "%s %ld\n", names[kind], atomic_load(&counts[kind]));
    length += snprintf(text + length, sizeof text - length, "grown-ledger %ld\ngrown-output %ld\n", grown_ledger, grown_output);
    int fd = syscall(SYS_openat, AT_FDCWD, report_to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0) return;
    syscall(SYS_write, fd, text, length);
    syscall(SYS_close, fd);
}

static void strike(void) {
    report();
    dead = number == SIGKILL;
    syscall(SYS_kill, getpid(), number);
    while (dead) pause();
}

static void *strike_soon(void *none) {
    struct timespec wait = {soon_us / 1000000, soon_us % 1000000 * 1000};
    while (sem_wait(&now_is_soon)) {}
    syscall(SYS_nanosleep, &wait, NULL);
    strike();
    return none;
}

/* Counts that a point has come, and tells whether its moment is due: what it is due before is done at once. */
static int arrives(int kind) {
    long all = atomic_fetch_add(&counts[ANY], 1) + 1;
    long own = atomic_fetch_add(&counts[kind], 1) + 1;
    if (point == NONE || nth != (point == ANY ? all : point == kind ? own : -1)) return 0;
    if (moment == BEFORE) strike();
    if (moment == SOON) sem_post(&now_is_soon);
    return moment == TORN || moment == AFTER;
}

static int ends(const char *text, const char *end) {
    size_t length = strlen(text), of_end = strlen(end);
    return length >= of_end && !strcmp(text + length - of_end, end);
}

static int named(const char *path) {
    if (ends(path, ".db")) return DB;
    if (ends(path, ".db-wal")) return WAL;
    if (ends(path, ".db-journal")) return JOURNAL;
    if (ends(path, ".db-shm")) return SHM;
    return strstr(path, ".leadenrich-") && ends(path, ".tmp") ? OUT : NONE;
}

static int kind_of(int fd) { return fd >= 0 && fd < FILES ? kinds[fd] : NONE; }

static void mark(int fd, int kind) {
    if (fd >= 0 && fd < FILES) kinds[fd] = kind;
}

static int is_limited(int kind) { return room >= 0 && (kind == OUT ? full_output : full_ledger); }

static int is_file(int kind) { return kind == OUT || kind == WAL || kind == DB || kind == JOURNAL || kind == SHM; }

/* Takes from the room what a write makes its file grow, and returns how many of its bytes fit. */
static size_t fitting(int fd, int kind, size_t length, off64_t at) {
    struct stat64 file;
    if (!is_file(kind) || fstat64(fd, &file)) return length;
    off64_t end = (at < 0 ? file.st_size : at) + (off64_t)length;
    off64_t growth = end - file.st_size;
    if (growth <= 0) return length;
    if (growth > (off64_t)length) growth = length;
    atomic_fetch_add(kind == OUT ? &grown_output : &grown_ledger, growth);
    if (!is_limited(kind)) return length;
    pthread_mutex_lock(&room_lock);
    off64_t granted = growth < room ? growth : room;
    room -= granted;
    pthread_mutex_unlock(&room_lock);
    return length - (growth - granted);
}

static ssize_t raw_write(int fd, const void *bytes, size_t length, off64_t at) {
    return at < 0 ? syscall(SYS_write, fd, bytes, length) : syscall(SYS_pwrite64, fd, bytes, length, at);
}

static ssize_t put(int fd, const void *bytes, size_t length, off64_t at) {
    int kind = kind_of(fd);
    if (kind == NONE || length == 0) return raw_write(fd, bytes, length, at);
    int due = kind != SHM && arrives(kind);
    if (due && moment == TORN) {
        raw_write(fd, bytes, length / 2, at);
        strike();
    }
    size_t fits = fitting(fd, kind, length, at);
    if (fits == 0) {
        errno = ENOSPC;
        return -1;
    }
    ssize_t written = raw_write(fd, bytes, fits, at);
    int error = errno;
    if (due && moment == AFTER) strike();
    errno = error;
    return written;
}

ssize_t write(int fd, const void *bytes, size_t length) { return put(fd, bytes, length, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return put(fd, bytes, length, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { return put(fd, bytes, length, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    int kind = kind_of(fd);
    /* A short write is allowed: the caller comes again with the rest. */
    if (kind == OUT || kind == EVENT) {
        int first = 0;
        while (first < count - 1 && parts[first].iov_len == 0) first++;
        return put(fd, parts[first].iov_base, parts[first].iov_len, -1);
    }
    int due = kind != NONE && arrives(kind);
    if (due && moment == TORN) {
        syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len / 2);
        strike();
    }
    ssize_t written = syscall(SYS_writev, fd, parts, count);
    int error = errno;
    if (due && moment == AFTER) strike();
    errno = error;
    return written;
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    int due = kind_of(fd) != NONE && arrives(SEND);
    if (due && moment == TORN) {
        syscall(SYS_sendto, fd, bytes, length / 2, flags, NULL, 0);
        strike();
    }
    ssize_t sent = syscall(SYS_sendto, fd, bytes, length, flags, NULL, 0);
    int error = errno;
    if (due && moment == AFTER) strike();
    errno = error;
    return sent;
}

ssize_t recv(int fd, void *bytes, size_t length, int flags) {
    ssize_t came = syscall(SYS_recvfrom, fd, bytes, length, flags, NULL, NULL);
    int error = errno;
    if (came > 0 && kind_of(fd) == SEND && arrives(RECV)) strike();
    errno = error;
    return came;
}

int socket(int domain, int type, int protocol) {
    int fd = syscall(SYS_socket, domain, type, protocol);
    mark(fd, domain == AF_UNIX ? NONE : SEND);
    return fd;
}

static int opened(const char *path, int flags, mode_t mode) {
    int kind = named(path);
    if (flags & O_CREAT && is_file(kind) && is_limited(kind) && room == 0 && syscall(SYS_faccessat, AT_FDCWD, path, F_OK)) {
        errno = ENOSPC;
        return -1;
    }
    int fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    mark(fd, kind);
    return fd;
}

#define OPENED(path, flags) \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    return opened(path, flags | O_LARGEFILE, mode)

int open(const char *path, int flags, ...) { OPENED(path, flags); }
int open64(const char *path, int flags, ...) { OPENED(path, flags); }

int close(int fd) {
    mark(fd, NONE);
    return syscall(SYS_close, fd);
}

static void in_durable(char *path, const char *name) { snprintf(path, 4096, "%s/%s", durable, name); }

static void in_durable_by_inode(char *path, uint64_t inode) {
    snprintf(path, 4096, "%s/%llu", durable, (unsigned long long)inode);
}

/* Keeps what a file holds. The copy takes its place as a whole: the power may fail while it is made. */
static void keep(int fd, const struct stat64 *file) {
    char making[4096], made[4096], bytes[65536], name[32];
    snprintf(name, sizeof name, "new-%d", gettid());
    in_durable(making, name);
    in_durable_by_inode(made, file->st_ino);
    int copy = syscall(SYS_openat, AT_FDCWD, making, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    off64_t at = 0;
    for (ssize_t got; (got = syscall(SYS_pread64, fd, bytes, sizeof bytes, at)) > 0; at += got)
        syscall(SYS_write, copy, bytes, got);
    syscall(SYS_close, copy);
    if (!dead) syscall(SYS_renameat2, AT_FDCWD, making, AT_FDCWD, made, 0);
}

/* A file that was removed may be back after a power cut, until its folder is synced. */
static const char *gone(int kind) { return kind == WAL ? "gone-wal" : kind == JOURNAL ? "gone-journal" : NULL; }

static void forget_gone(void) {
    char path[4096];
    for (int kind = WAL; kind <= JOURNAL; kind += JOURNAL - WAL) {
        in_durable(path, gone(kind));
        syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    }
}

int fsync(int fd) {
    struct stat64 file, here;
    if (fstat64(fd, &file) || stat64(".", &here)) return -1;
    int is_folder = S_ISDIR(file.st_mode);
    int of_folder = file.st_ino == here.st_ino ? IN_PLACE : FOLDER_SYNC;
    int due = (is_folder || kind_of(fd) != NONE) && arrives(is_folder ? of_folder : kind_of(fd) + 1);
    if (durable && !dead && is_folder) forget_gone();
    if (durable && !dead && !is_folder) keep(fd, &file);
    if (due) strike();
    return 0;
}

int fdatasync(int fd) { return fsync(fd); }

int unlink(const char *path) {
    char from[4096], to[4096];
    struct stat64 file;
    int kind = named(path);
    int due = (kind == WAL || kind == JOURNAL) && arrives(UNLINK);
    if (durable && !dead && kind != NONE && !stat64(path, &file)) {
        in_durable_by_inode(from, file.st_ino);
        if (gone(kind)) {
            in_durable(to, gone(kind));
            syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
        } else {
            syscall(SYS_unlinkat, AT_FDCWD, from, 0);
        }
    }
    int removed = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    int error = errno;
    if (due) strike();
    errno = error;
    return removed;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (frozen < 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
        return syscall(SYS_clock_gettime, clock, time);
    *time = (struct timespec){frozen, 0};
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    if (frozen < 0) return syscall(SYS_gettimeofday, time, zone);
    *time = (struct timeval){frozen, 0};
    return 0;
}

time_t time(time_t *told) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told) *told = now.tv_sec;
    return now.tv_sec;
}

static long number_in(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text ? atol(text) : otherwise;
}

static int place_in(const char *const *list, int count, const char *word) {
    for (int place = 0; place < count; place++)
        if (!strcmp(list[place], word)) return place;
    fprintf(stderr, "the torture knows no '%s'\n", word);
    _exit(99);
}

__attribute__((constructor)) static void begin(void) {
    char what[32], when[32];
    const char *at = getenv("TORTURE_AT"), *full = getenv("TORTURE_FULL");
    number = number_in("TORTURE_SIGNAL", SIGKILL);
    soon_us = number_in("TORTURE_SOON_US", 0);
    frozen = number_in("TORTURE_NOW", -1);
    room = number_in("TORTURE_ROOM", -1);
    durable = getenv("TORTURE_DURABLE");
    report_to = getenv("TORTURE_COUNTS");
    full_ledger = full && strcmp(full, "output");
    full_output = full && strcmp(full, "ledger");
    mark(STDERR_FILENO, EVENT);
    if (!at || sscanf(at, "%31[^:]:%31[^:]:%ld", what, when, &nth) != 3) return;
    point = place_in(names, POINTS, what);
    moment = place_in(moments, sizeof moments / sizeof *moments, when);
    pthread_t thread;
    if (moment == SOON && !sem_init(&now_is_soon, 0, 0)) pthread_create(&thread, NULL, strike_soon, NULL);
}

__attribute__((destructor)) static void end(void) { report(); }
