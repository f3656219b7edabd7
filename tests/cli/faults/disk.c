// A disk that fails when a test wants it to: preloaded into a program that runs unchanged, it stands between SQLite and the system.
//
//   FAULT_KILL=torn:N     SIGKILL in the middle of a write to the write-ahead log, before its N-th sync from the start
//   FAULT_KILL=written:N  SIGKILL in place of the log's N-th sync: everything is written, nobody has been told
//   FAULT_FLAG=FILE       while FILE exists, its first letter says what fails: f: no room to grow a file of the database;
//                                 r: no write to one; s: no sync of one
//
// Only files whose name has ".sqlite" in it are meant.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int synced, begun;

// 0: another file; 1: a file of the database; 2: its write-ahead log.
static int about(int fd) {
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    if (!strstr(path, ".sqlite")) return 0;
    return n > 4 && !strcmp(path + n - 4, "-wal") ? 2 : 1;
}

// Whether the kill of that kind is due at the log's n-th sync.
static int due(const char *kind, int n) {
    const char *kill = getenv("FAULT_KILL");
    size_t length = strlen(kind);
    return kill && !strncmp(kill, kind, length) && kill[length] == ':' && atoi(kill + length + 1) == n;
}

static char flag(void) {
    const char *file = getenv("FAULT_FLAG");
    if (!file) return 0;
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int fd = real(file, O_RDONLY);
    if (fd < 0) return 0;
    char c = 0;
    if (read(fd, &c, 1) != 1) c = 0;
    close(fd);
    return c;
}

static int fails(int fd, off_t end) {
    struct stat now;
    switch (flag()) {
    case 'r': errno = EROFS; return 1;
    case 'f':
        if (fstat(fd, &now) == 0 && end > now.st_size) { errno = ENOSPC; return 1; }
    }
    return 0;
}

typedef ssize_t (*write_t)(int, const void *, size_t);
typedef ssize_t (*pwrite_t)(int, const void *, size_t, off_t);

// A commit is several writes to the log; the second one is torn.
static int torn(int what) {
    return what == 2 && due("torn", atomic_load(&synced) + 1) && atomic_fetch_add(&begun, 1) == 1;
}

static ssize_t write_at(const char *name, int fd, const void *data, size_t size, off_t at) {
    pwrite_t real = (pwrite_t)dlsym(RTLD_NEXT, name);
    int what = about(fd);
    if (what && fails(fd, at + (off_t)size)) return -1;
    if (torn(what)) {
        real(fd, data, size / 2, at);
        kill(getpid(), SIGKILL);
    }
    return real(fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return write_at("pwrite", fd, data, size, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return write_at("pwrite64", fd, data, size, at); }

ssize_t write(int fd, const void *data, size_t size) {
    write_t real = (write_t)dlsym(RTLD_NEXT, "write");
    int what = about(fd);
    if (what && fails(fd, lseek(fd, 0, SEEK_CUR) + (off_t)size)) return -1;
    if (torn(what)) {
        real(fd, data, size / 2);
        kill(getpid(), SIGKILL);
    }
    return real(fd, data, size);
}

static int sync_as(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int what = about(fd);
    if (what && flag() == 's') { errno = EIO; return -1; }
    int n = what == 2 ? atomic_fetch_add(&synced, 1) + 1 : 0;
    // A log that is just begun is synced after one write, which nothing tore.
    if (what == 2 && (due("written", n) || due("torn", n))) kill(getpid(), SIGKILL);
    return real(fd);
}

int fsync(int fd) { return sync_as("fsync", fd); }
int fdatasync(int fd) { return sync_as("fdatasync", fd); }
