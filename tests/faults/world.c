/* A world that is not as it should be, for a process that is started with it (LD_PRELOAD): WORLD_CLOCK seconds are added to the
   wall clock, and with WORLD_DISK=full no regular file takes another byte. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(id, time);
    const char *seconds = getenv("WORLD_CLOCK");
    if (result == 0 && id == CLOCK_REALTIME && seconds) time->tv_sec += atol(seconds);
    return result;
}

ssize_t write(int file, const void *bytes, size_t count) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    const char *disk = getenv("WORLD_DISK");
    struct stat what;
    if (disk && strcmp(disk, "full") == 0 && fstat(file, &what) == 0 && S_ISREG(what.st_mode)) {
        errno = ENOSPC;
        return -1;
    }
    return real(file, bytes, count);
}
